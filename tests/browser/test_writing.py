"""A post written, written again and brought back; its pictures put in order; what is told before it goes
out; words that it begins and ends with. Walked through with and without JavaScript."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from app.channels.models import Channel
from app.db import db
from app.demo import EMAIL, PASSWORD
from tests.browser.conftest import Visit, with_and_without_scripts
from tests.browser.rules import violations
from tests.browser.sites import Site


def picture(colour: str) -> FilePayload:
    made = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(made, "PNG")
    return {"name": f"{colour}.png", "mimeType": "image/png", "buffer": made.getvalue()}


def write(page: Page, words: str, colour: str) -> None:
    page.fill("#text", words)
    page.set_input_files("#media", [picture(colour)])


def has_order(page: Page, *pictures: str) -> None:
    for place, picture in enumerate(pictures):
        expect(page.locator("[name=kept]").nth(place)).to_have_value(picture)


@with_and_without_scripts
def test_words_and_pictures_are_changed_and_brought_back(robin: Visit, js: bool) -> None:
    page = robin(js=js).page
    page.goto("/posts/new")
    write(page, f"Red apples {js}", "red")
    page.click("button[value=draft]")
    page.click("text=Edit")
    write(page, f"Green apples {js}", "green")
    page.click("button[value^=split]" if js else ".bar button[value=preview]")
    kept = page.locator("[name=kept]")
    expect(kept).to_have_count(2)
    red, green = (kept.nth(place).input_value() for place in range(2))
    page.click("button:has-text('Later')")
    has_order(page, green, red)
    if js:
        page.drag_and_drop(".shot:nth-child(1) .thumb", ".shot:nth-child(2)")
        has_order(page, red, green)
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


def saves(page: Page, words: str, js: bool) -> None:
    """By itself, or by the button where there is no JavaScript."""
    page.fill("#text", words)
    if not js:
        page.click("button[value=draft]")
        page.click("text=Edit")
        return
    with page.expect_response("**/posts/draft") as answer:
        page.evaluate("dispatchEvent(new Event('online'))")
    assert answer.value.status == 200
    expect(page.locator("#saved")).to_contain_text("Saved at")


@with_and_without_scripts
def test_two_tabs_of_one_draft_meet_and_nothing_is_lost(robin: Visit, js: bool) -> None:
    visitor = robin(js=js)
    page, other = visitor.page, visitor.context.new_page()
    page.goto("/posts/new")
    saves(page, "Red apples", js)
    other.goto(page.url)
    saves(other, "Green pears", js)
    page.fill("#text", "Red plums")
    page.click("button[value=draft]") if not js else None
    meeting = page.locator(".meeting")  # with JavaScript after two seconds without a key
    expect(meeting).to_contain_text("[only there: Green pears]")
    expect(meeting).to_contain_text("[only here: Red plums]")
    assert not js or violations(page) == []
    page.click("text=Put both in one text")
    expect(page.locator("#text")).to_have_value("Green pears\n\nRed plums")
    saves(page, "Green pears and red plums", js)
    other.fill("#text", "Other pears")
    other.click("button[value=draft]")
    other.click("text=Keep theirs")
    expect(other.locator("#text")).to_have_value("Green pears and red plums")
    other.goto(other.url.replace("/edit", "/versions"))
    for words in ("Other pears", "Green pears", "Red apples"):
        assert words in "".join(other.locator(".version-step").all_text_contents())


def test_what_can_not_be_saved_stays_on_the_page(robin: Visit) -> None:
    visitor = robin()
    page, said = visitor.page, visitor.page.locator("#saved")
    page.goto("/posts/new")
    page.route("**/posts/draft", lambda route: route.abort())
    page.fill("#text", "Written without a line")
    expect(said).to_contain_text("Not saved: no connection")
    page.unroute("**/posts/draft")
    saves(page, "Written with a line", True)
    visitor.context.clear_cookies()
    page.fill("#text", "Written signed out")
    expect(said).to_contain_text("you are signed out")
    page.click("button[value=draft]")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button.primary")
    expect(page.locator("#text")).to_have_value("Written signed out")
    page.goto("/posts?state=scheduled")
    page.click("a.post-row >> nth=0")
    page.click("text=Edit")
    expect(said).to_contain_text("not a draft: press Save")


def write_one(page: Page, kind: str, name: str, *parts: str) -> None:
    page.goto("/templates")
    page.click(f"text=New {kind}")
    page.fill("#name", name)
    page.fill("#text", parts[0])
    for place, text in enumerate(parts[1:], 1):
        page.click("button[value^=add]")
        page.fill(f"#part-{place}", text)
    page.click("button.primary[value=save]")
    expect(page.locator("#flashes")).to_contain_text("Saved.")


@with_and_without_scripts
def test_a_post_begins_with_a_template_and_ends_with_a_signature(robin: Visit, js: bool) -> None:
    page = robin(js=js, width=1280 if js else 390).page
    template, signature, whole = f"Market {js}", f"Grace {js}", f"Whole {js}"
    write_one(page, "template", template, "Saturday market", "What we bring")
    write_one(page, "signature", signature, "#market")
    page.goto("/posts/new")
    page.fill("#text", "Mine comes first")
    page.click("#shelf > summary")
    page.select_option("#template", label=template)
    page.click("button[value=template]")
    expect(page.locator("#text")).to_have_value("Mine comes first\n\nSaturday market")
    expect(page.locator("#part-1")).to_have_value("What we bring")
    expect(page.locator("#shelf .note")).to_contain_text("below what you had written")
    page.select_option("#signature", label=signature)
    page.click("button[value=sign]")
    expect(page.locator("#part-1")).to_have_value("What we bring\n\n#market")
    expect(page.locator("#previews")).to_contain_text("#market")
    assert not js or violations(page) == []
    page.click("text=Keep these words as a template")
    page.fill("#template_name", whole)
    page.click("button[value=keep]")
    expect(page.locator("#shelf .note")).to_contain_text("is kept")
    expect(page.locator("#text")).to_have_value("Mine comes first\n\nSaturday market")
    page.goto("/templates")
    page.click(f"text=Write with it: {whole}")
    expect(page.locator("#part-1")).to_have_value("What we bring\n\n#market")


@pytest.fixture
def on_bluesky(demo: Site) -> Iterator[None]:
    """The demo's own channel, as if it were one on a network with cards; nothing is sent there."""
    for network in ("bluesky", "sandbox"):
        with demo.inside():
            db.session.get_one(Channel, 1).network = network
            db.session.commit()
        if network == "bluesky":
            yield


def test_a_link_shows_its_card_when_asked(demo: Site, robin: Visit, on_bluesky: None) -> None:
    page = robin().page
    page.goto("/posts/new")
    page.fill("#text", f"See {demo.url}/pricing")
    page.click("text=Look at the link")
    card = page.locator(".link-card")
    expect(card).to_contain_text("Pricing")
    expect(card).to_contain_text("Goes to Bluesky like this, without a picture.")
    assert violations(page) == []
    page.locator("#text").press_sequentially(" now")
    expect(page.locator(".preview-text")).to_contain_text("now")
    expect(card).to_contain_text("Pricing")
    page.fill("#text", f"See {demo.url}/privacy")
    expect(card).to_contain_text("/privacy")
    expect(card).not_to_contain_text("Pricing")
