"""Where no script runs, buttons do what scripts do elsewhere: each of them once. Whole walks without a script
are whole/'s, the calendar's, and the long forms of the others."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_every_page import narrow
from tests.browser.test_library import upload
from tests.browser.test_writing import saves

BAG = "A blue bag of coffee with an orchard's sign on a red shelf."


def pick(page: Page) -> None:
    """From the library, by its own search."""
    page.click("#pick-open")
    page.fill("#pick #search", BAG)
    page.click("#pick noscript button")
    expect(page.locator("#pick .tile")).to_have_count(1)
    page.check("#pick .tile input")
    page.click("text=Add what is ticked")
    expect(page.locator(".shot input[name=alt]")).to_have_value(BAG)


def check(page: Page) -> None:
    """What a post would be, when, and how often."""
    page.check("input[name=when][value=next_slot]")
    page.click(".bar button[value=preview]")
    expect(page.locator(".places time")).to_have_count(1)
    page.check("input[name=when][value=at]")
    page.fill("#due_at", "2027-03-27T02:30")
    page.click(".repeat summary")
    page.select_option("#repeat", "day")
    page.click(".bar button[value=preview]")
    expect(page.locator(".coming li")).to_have_count(5)
    expect(page.locator(".coming")).to_contain_text("02:30 does not exist that night")
    expect(page.locator("#previews")).to_contain_text("Red apples")


def meet(page: Page, other: Page) -> None:
    """Two tabs of one draft."""
    other.goto(page.url)
    saves(other, "Green pears", js=False)
    page.fill("#text", "Red plums")
    page.click("button[value=draft]")
    expect(page.locator(".meeting")).to_contain_text("[only there: Green pears]")
    expect(page.locator(".meeting")).to_contain_text("[only here: Red plums]")
    page.click("text=Put both in one text")
    expect(page.locator("#text")).to_have_value("Green pears\n\nRed plums")


def test_buttons_do_what_scripts_do(robin: Visit) -> None:
    visitor = robin(js=False)
    page = visitor.page
    page.goto("/media")
    upload(page, js=False)
    page.goto("/posts/new")
    page.fill("#text", "Red apples")
    pick(page)
    check(page)
    page.goto("/posts/new")
    saves(page, "Red apples", js=False)
    meet(page, visitor.context.new_page())
    page.goto("/analytics/posts?days=90")
    narrow(page, js=False)
