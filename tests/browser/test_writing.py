"""A post written, written again and brought back; its pictures put in order; what is told before it goes
out. Walked through with and without JavaScript."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from app.demo import EMAIL, PASSWORD
from tests.browser.conftest import Visitor, sign_in
from tests.browser.test_every_page import violations
from tests.servers.app_processes import Running

Visit = Callable[..., Visitor]


def picture(colour: str) -> FilePayload:
    made = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(made, "PNG")
    return {"name": f"{colour}.png", "mimeType": "image/png", "buffer": made.getvalue()}


def write(page: Page, words: str, colour: str) -> None:
    page.fill("#text", words)
    page.set_input_files("#media", [picture(colour)])


@pytest.mark.parametrize("js", [True, False])
def test_words_and_pictures_are_changed_and_brought_back(
    demo: Running, visit: Visit, js: bool
) -> None:
    page = visit(demo.url, js=js).page
    sign_in(page, EMAIL, PASSWORD)
    page.goto("/posts/new")
    write(page, f"Red apples {js}", "red")
    page.click("button[value=draft]")
    page.click("text=Edit")
    write(page, f"Green apples {js}", "green")
    page.click(".bar button[value=preview]") if not js else page.click("button[value^=split]")
    order = page.locator("[name=kept]").evaluate_all("all => all.map(one => one.value)")
    page.click("button:has-text('Later')")
    assert (
        page.locator("[name=kept]").evaluate_all("all => all.map(one => one.value)") == order[::-1]
    )
    if js:
        page.drag_and_drop(".shot:nth-child(1) .thumb", ".shot:nth-child(2)")
        now = page.locator("[name=kept]").evaluate_all("all => all.map(one => one.value)")
        assert now == order
    page.check("input[name=when][value=now]")
    page.click("button[value=schedule]")
    expect(page.locator("#alt-asked")).to_contain_text("write it for picture 1")
    assert not js or violations(page) == []
    page.click("button[value=draft]")
    page.click("text=Versions")
    expect(page.locator("ins").first).to_contain_text("Green")
    expect(page.locator("del").first).to_contain_text("Red")
    assert not js or violations(page) == []
    page.click("text=Bring back")
    expect(page.locator("#text")).to_have_value(f"Red apples {js}")
    expect(page.locator("[name=kept]")).to_have_count(1)
