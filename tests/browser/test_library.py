"""The media library walked through: upload, describe, find, pick, put away, with and without JavaScript."""

import io

from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Visit, with_and_without_scripts
from tests.browser.rules import violations


def file(name: str, colour: str) -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": out.getvalue()}


def upload(page: Page, *, js: bool) -> None:
    broken: FilePayload = {"name": "c.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.set_input_files("#files", [file("a.png", "seagreen"), broken, file("b.png", "orange")])
    page.click("#upload button")
    told = page.locator("#uploads .is-bad .upload-state" if js else "#upload-problems .problem")
    expect(told).to_contain_text("c.png: ")
    if js:
        expect(page.locator("#uploads li:has-text('Added')")).to_have_count(2)
    page.goto("/media")
    expect(page.locator(".tile .is-missing")).to_have_count(2)


def describe(page: Page, words: str) -> None:
    page.locator(".tile:has(.is-missing)").first.click()
    page.fill("#alt", words)
    page.fill("#labels", "Autumn, Rain")
    page.click("button:has-text('Save')")
    page.goto("/media")


def pick(page: Page, words: str) -> None:
    page.goto("/posts/new")
    page.fill("#text", "With a picture")
    page.click("#pick-open")
    expect(page.locator("#pick .tile")).not_to_have_count(0)
    page.fill("#pick #search", words)
    if page.locator("#pick noscript button").count():
        page.click("#pick noscript button")
    expect(page.locator("#pick .tile")).to_have_count(1)
    page.check("#pick .tile input")
    page.click("text=Add what is ticked")
    expect(page.locator(".shot input[name=alt]")).to_have_value(words)
    expect(page.locator("#text")).to_have_value("With a picture")
    page.click("button[value=draft]")


@with_and_without_scripts
def test_a_picture_lives(robin: Visit, js: bool) -> None:
    page = robin(js=js).page
    page.goto("/media")
    upload(page, js=js)
    words = [f"A {what} {'moved' if js else 'still'}" for what in ("tree", "river")]
    for one in words:
        describe(page, one)
    page.fill("#search", words[0])
    page.click("button:has-text('Search')")
    expect(page.locator(".tile")).to_have_count(1)
    pick(page, words[0])
    page.goto("/media")
    page.click(f".tile:has-text('{words[0]}')")
    page.click("text=Put into the trash")
    expect(page.locator("[role=alert] a")).to_have_text("With a picture")
    page.goto("/media")
    page.click(f".tile:has-text('{words[1]}')")
    page.click("text=Put into the trash")
    page.click("a:has-text('Trash')")
    page.click("text=Put back")
    expect(page.locator("#alt")).to_have_value(words[1])
    if js:
        assert violations(page) == []
        page.goto("/posts/new")
        page.click("#pick-open")
        expect(page.locator("#pick .tile")).not_to_have_count(0)
        assert violations(page) == []
