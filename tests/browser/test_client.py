"""A client reads and approves by a link: without an account, without JavaScript, on a phone."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.rules import violations
from tests.browser.sites import Site


def ask_client(page: Page) -> str:
    """The owner lets a client's yes count, and makes a link to what waits; its address."""
    page.goto("/organization")
    page.check("input[name=client_rule][value=counts]")
    page.click("text=Save the rule")
    page.goto("/posts?state=pending_approval")
    page.click("a.post-row >> nth=0")
    page.click("text=Ask a client by a link")
    expect(page.locator("input[name=posts]:checked")).to_have_count(1)
    page.click("text=Make the link")
    return page.input_value("[aria-label='Link for the client']")


def test_a_client_approves_by_a_link(demo: Site, robin: Visit, visit: Visit) -> None:
    owner, client = robin().page, visit(demo.url, js=False, width=390)
    address = ask_client(owner)
    assert violations(owner) == []
    page = client.page
    page.goto(address)
    page.get_by_label("Your name").fill("Ines Iris")
    page.keyboard.press("Enter")
    expect(page.locator(".problem")).to_have_text("Write something.")
    page.get_by_label("What do you want to say?").fill("Is that our plum?")
    page.click("button:has-text('Comment')")
    expect(page.locator(".client-post")).to_contain_text("Is that our plum?")
    page.click("button:has-text('Approve')")
    expect(page.locator(".flash")).to_have_text("Approved. Thank you.")
    assert client.kept == set(), "nothing is put into a client's browser"
    owner.goto(address)
    assert violations(owner) == []
    owner.goto("/approvals/links")
    owner.click("text=Take back")
    answer = page.goto(address)
    assert answer and answer.status == 404
