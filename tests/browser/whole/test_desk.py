"""Support and requests about privacy from end to end, without JavaScript, with real mails. One walk is enough
where tests/support and tests/privacy hold the rest; the others are long forms."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, sign_in
from tests.browser.whole.conftest import DESK, ROBIN, mailed_link
from tests.make import PASSWORD
from tests.servers.app_processes import Running
from tests.servers.smtp import Sink

long = pytest.mark.security_long


def at_desk(visit: Visit, instance: Running) -> Page:
    """Robin, who runs the instance."""
    page = visit(instance.url, js=False).page
    sign_in(page, ROBIN, PASSWORD)
    return page


def test_a_stranger_asks_support_is_answered_and_reads_it(
    instance: Running, visit: Visit, smtp: Sink
) -> None:
    address = "grace@stranger.example"
    stranger = visit(instance.url, js=False).page
    stranger.goto("/")
    stranger.click("footer >> text=Support")
    stranger.fill("#email", address)
    stranger.fill("#topic", "Opening hours")
    stranger.fill("#text", "When are you open?")
    stranger.click("main button.primary")
    expect(stranger.locator("main")).to_contain_text("A link is on its way to your address.")
    stranger.goto(mailed_link(smtp, address))
    stranger.click("text=Yes, send it")
    expect(stranger.locator("main")).to_contain_text("We read your message now")

    desk = at_desk(visit, instance)
    desk.goto(mailed_link(smtp, DESK, "/operator/support/"))
    expect(desk.locator("main")).to_contain_text("When are you open?")
    desk.fill("#words", "From ten to six.")
    desk.click("main form button.primary")
    expect(desk.locator("main")).to_contain_text("Sent.")

    stranger.goto(mailed_link(smtp, address))
    expect(stranger.locator("main")).to_contain_text("From ten to six.")
    stranger.fill("#text", "Thank you")
    stranger.click("main button.primary")
    expect(stranger.locator("main")).to_contain_text("Waits for us")


@long
def test_a_person_asks_in_the_shell_and_reads_the_answer_there(
    instance: Running, visit: Visit, smtp: Sink
) -> None:
    page = at_desk(visit, instance)
    page.click("nav >> text=Support")
    page.fill("#topic", "A question of mine")
    page.fill("#text", "Is this thing on?")
    page.click("main button.primary")
    thread = urlsplit(page.url).path
    page.goto(mailed_link(smtp, DESK, f"/operator{thread}"))
    page.fill("#words", "It is.")
    page.click("main form button.primary")
    assert mailed_link(smtp, ROBIN, "/support/") == thread
    page.goto(thread)
    expect(page.locator(".is-answer")).to_contain_text("It is.")
    page.goto("/settings/privacy/looks")
    expect(page.locator("main")).to_contain_text("To answer your message to support")


@long
@pytest.mark.proves("P12.1")
def test_anybody_asks_for_their_rights_and_the_desk_answers(
    instance: Running, visit: Visit, smtp: Sink
) -> None:
    address = "ada@stranger.example"
    stranger = visit(instance.url, js=False).page
    stranger.goto("/privacy/request")
    stranger.check("input[value=access]")
    stranger.fill("#email", address)
    stranger.click("main button.primary")
    stranger.goto(mailed_link(smtp, address))
    stranger.fill("#details", "I was invited once.")
    stranger.click("text=Yes, this is my request")
    expect(stranger.locator("h1 ~ .state")).to_have_text("Waits for us")

    desk = at_desk(visit, instance)
    desk.goto(mailed_link(smtp, DESK, "/operator/requests/"))
    expect(desk.locator("main")).to_contain_text("I was invited once.")
    expect(desk.locator("main")).to_contain_text("pressed the link that went to the address")
    desk.click("main button:has-text('Start')")
    expect(desk.locator(".steps")).to_contain_text("Without one: look for the address")
    desk.fill("#words", "We hold one invitation.")
    desk.click("main button:has-text('Answer')")
    expect(desk.locator("h1 ~ .state")).to_have_text("Answered")

    stranger.goto(mailed_link(smtp, address))
    expect(stranger.locator("main")).to_contain_text("We hold one invitation.")
    expect(stranger.locator("main")).to_contain_text("Look at it again")
    code = desk.locator(".facts a").inner_text()
    stranger.goto(f"/privacy/requests/{code}")
    expect(stranger.locator("main")).not_to_contain_text("invitation")
