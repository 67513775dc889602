"""A day of five roles in real browsers without JavaScript: with all processes and real mails. The same day
without a browser is tests/day."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor, introduce
from tests.browser.whole.conftest import mailed_link
from tests.servers.app_processes import Running
from tests.servers.smtp import Sink

PASSWORD = "seven quiet herons"


def begin(page: Page, smtp: Sink) -> None:
    """The owner signs up, confirms the address and asks for approval from now on."""
    page.goto("/signup")
    page.fill("#email", "olga@day.example")
    page.fill("#organization", "Day")
    introduce(page, "Olga Oak", PASSWORD)
    page.goto(mailed_link(smtp, "olga@day.example", subject="Confirm your address"))
    page.click("main button.primary")
    page.goto("/organization")
    page.check("input[name=approval_rule][value=one]")
    page.click("text=Save the rule")
    expect(page.locator("#flashes")).to_contain_text("It counts from now on.")


def bring(by: Page, visitor: Visitor, smtp: Sink, role: str, name: str) -> Page:
    """Invited by mail, and in by the link of that mail."""
    address = f"{role}@day.example"
    by.goto("/organization/members")
    by.fill("#email", address)
    by.select_option("form#invite #role", role)
    by.click("text=Send invitation")
    visitor.page.goto(mailed_link(smtp, address, subject="You are invited"))
    introduce(visitor.page, name, PASSWORD)
    expect(visitor.page).to_have_url(re.compile("/calendar$"))
    return visitor.page


def compose(page: Page, text: str, due: datetime) -> None:
    page.fill("#text", text)
    page.check("input[name=when][value=at]")
    page.fill("#due_at", due.strftime("%Y-%m-%dT%H:%M"))


def state_of(page: Page) -> str:
    return page.locator("h1 ~ .state").inner_text()


@pytest.mark.security_long
def test_a_post_goes_from_hand_to_hand_and_out(instance: Running, visit: Visit, smtp: Sink) -> None:
    visitors = {role: visit(instance.url, js=False) for role in ("owner", "admin", "editor")}
    visitors["approver"] = visit(instance.url, js=False, width=390, dark=True)
    visitors["viewer"] = visit(instance.url, js=False)
    owner = visitors["owner"].page
    begin(owner, smtp)
    admin = bring(owner, visitors["admin"], smtp, "admin", "Ada Ash")
    admin.goto("/channels/connect")
    admin.click("text=Put up a wall")
    expect(admin.locator("main")).to_contain_text("Connected")
    editor = bring(admin, visitors["editor"], smtp, "editor", "Eve Elm")
    approver = bring(admin, visitors["approver"], smtp, "approver", "Amir Alder")
    viewer = bring(admin, visitors["viewer"], smtp, "viewer", "Vic Vine")

    due = (datetime.now(UTC) + timedelta(hours=2)).replace(second=0, microsecond=0)
    editor.goto("/posts/new")
    compose(editor, "Six cofees", due)
    editor.click("text=Save draft")
    assert state_of(editor) == "Draft"
    path = editor.url
    editor.click("main >> text=Edit")
    compose(editor, "Six cofees", due)
    editor.click(".bar button.primary")
    assert state_of(editor) == "Waiting for approval"

    approver.goto(mailed_link(smtp, "approver@day.example", subject="A post waits for approval"))
    expect(approver.locator(".preview-text")).to_have_text("Six cofees")
    approver.fill("#comment", "Almost there.")
    approver.click("main button:has-text('Comment')")
    approver.fill("#reason", "Coffee has two f.")
    approver.click("main button:has-text('Send back')")
    expect(approver.locator("#flashes")).to_contain_text("Sent back.")

    editor.goto(mailed_link(smtp, "editor@day.example", subject="Your post came back"))
    expect(editor.locator("#due_at")).to_have_value(due.strftime("%Y-%m-%dT%H:%M"))
    compose(editor, "Six coffees", due)
    editor.click(".bar button.primary")
    expect(editor.locator(".life")).to_contain_text("Coffee has two f.")

    editor.goto("/account/notifications")
    editor.select_option("#approved", label="At once")
    editor.click("main button:has-text('Save')")
    expect(editor.locator("#flashes")).to_contain_text("Saved.")
    expect(editor.locator("#approved")).to_have_value("at_once")

    approver.goto("/approvals")
    expect(approver.locator("main")).to_contain_text("Six coffees")
    approver.click("main button:has-text('Approve')")
    assert state_of(approver) == "Scheduled"
    assert mailed_link(smtp, "editor@day.example", subject="Your post is approved") in path

    admin.goto(path)
    admin.click("main button:has-text('Publish now')")
    for _ in range(60):
        viewer.goto(path)
        if state_of(viewer) == "Published":
            break
        viewer.wait_for_timeout(500)
    for word in ("Asked for approval", "Almost there.", "Sent back", "Approved", "Published"):
        expect(viewer.locator(".life")).to_contain_text(word)
    expect(viewer.locator("main form")).to_have_count(0)
    viewer.goto("/posts/new")
    expect(viewer.locator("main")).to_contain_text("This is for owners, admins and editors")
    viewer.click("main >> text=Back")
    expect(viewer.locator("h1")).to_be_visible()
    refuse_a_yes_to_words_that_changed(approver, editor)


def refuse_a_yes_to_words_that_changed(reader: Page, writer: Page) -> None:
    """Somebody approves what another has just changed."""
    writer.goto("/posts/new")
    compose(writer, "One thing", datetime.now(UTC) + timedelta(days=2))
    writer.click(".bar button.primary")
    reader.goto(writer.url)
    writer.click("main >> text=Edit")
    writer.fill("#text", "Another thing")
    writer.click(".bar button.primary")
    reader.click("main button:has-text('Approve')")
    expect(reader.locator("[role=alert]")).to_contain_text("The text changed at")
    expect(reader.locator(".preview-text")).to_have_text("Another thing")
    reader.click("main button:has-text('Approve')")
    assert state_of(reader) == "Scheduled"
