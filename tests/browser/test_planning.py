"""Slots, queue, pause and what comes again, walked through with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.browser.conftest import Visit, sign_in, with_and_without_scripts
from tests.browser.sites import Site


@pytest.fixture
def planner(demo: Site, js: bool) -> tuple[str, str]:
    """Somebody with a channel that nobody has planned on: the address to sign in with, and its queue."""
    with demo.inside():
        email = f"pia.{js}@planning.example".lower()
        owner = make.person(email, "Pia Plum", make.organization(f"Planning {js}"), "owner")
        return email, f"/queue?channel={make.channel(owner).id}"


def add_slots(page: Page) -> None:
    page.goto("/slots")
    for day in ("Monday", "Thursday"):
        page.check(f"label:has-text('{day}') input")
    page.fill("#times", "9:30, 12, 25:00")
    page.click("button:has-text('Add slots')")
    expect(page.locator("#add .problem")).to_have_text("25:00 is not a time, like 9:30.")
    page.fill("#times", "9:30, 12, 17.15")
    page.click("button:has-text('Add slots')")
    expect(page.locator(".slot")).to_have_count(6)


def write(page: Page, words: str, *, js: bool) -> None:
    page.goto("/posts/new")
    page.fill("#text", words)
    page.check("input[name=when][value=next_slot]")
    if not js:
        page.click(".bar button[value=preview]")
    expect(page.locator(".places time")).to_have_count(1)
    page.click("button[value=schedule]")
    expect(page.locator("h1 ~ .state")).to_have_text("Scheduled")


def order(page: Page) -> list[str]:
    return page.locator(".queued:has(.queue-move) .words").all_inner_texts()


def press(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


@with_and_without_scripts
def test_a_week_is_planned(demo: Site, visit: Visit, planner: tuple[str, str], js: bool) -> None:
    page = visit(demo.url, js=js).page
    email, queue = planner
    sign_in(page, email, make.PASSWORD)
    add_slots(page)
    mine = [f"{word} {js}" for word in ("First", "Second")]
    for words in mine:
        write(page, words, js=js)
    page.goto(queue)
    assert order(page) == mine
    page.locator(f".queued:has-text('{mine[1]}') button[name=up]").focus()
    press(page, "Enter")
    assert order(page) == mine[::-1]
    assert page.evaluate("document.activeElement.name") in ("up", "down")
    if js:
        press(page, "Alt+ArrowDown")
        assert order(page) == mine
    page.click("text=Shuffle")
    expect(page.locator("#shuffle tbody tr")).to_have_count(2)
    page.click("text=Use this order")
    page.click("text=Put the old order back")
    page.click("text=Pause this channel")
    page.goto(queue)
    page.click("text=Resume")
    expect(page.locator("#flashes")).to_contain_text("Publishing goes on.")
    repeat(page, f"Again {js}", js=js)


def repeat(page: Page, words: str, *, js: bool) -> None:
    page.goto("/posts/new")
    page.fill("#text", words)
    page.check("input[name=when][value=at]")
    page.fill("#due_at", "2027-03-27T02:30")
    page.click(".repeat summary")
    page.select_option("#repeat", "day")
    if not js:
        page.click(".bar button[value=preview]")
    expect(page.locator(".coming li")).to_have_count(5)
    expect(page.locator(".coming")).to_contain_text("02:30 does not exist that night")
    page.click("button[value=schedule]")
    page.goto("/repeats")
    page.click(f"text={words}")
    page.click(".series-dates li:nth-child(2) button")
    expect(page.locator(".is-skipped")).to_have_count(1)
