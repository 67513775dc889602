"""A post goes through the calendar by mouse, by keys alone, and by forms where no script runs."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from playwright.sync_api import Locator, Page, expect

from app import clock
from app.demo import ZONE

WORDS = "Moved about by hand"


def days_ahead(count: int) -> date:
    return clock.now().astimezone(ZONE).date() + timedelta(days=count)


def write(page: Page, due: datetime) -> None:
    page.goto("/posts/new")
    page.fill("#text", WORDS)
    page.check("input[name=when][value=at]")
    page.fill("#due_at", due.isoformat()[:16])
    page.click("button[value=schedule]")
    expect(page.locator("h1 ~ .state")).to_have_text("Scheduled")


def chip(page: Page) -> Locator:
    return page.locator(".chip", has_text=WORDS)


def moved_to(page: Page, day: date, hour: str) -> None:
    told = f"Moved to {day:%a} {day.day} {day:%b}, {hour}."
    expect(page.locator("#flashes")).to_contain_text(told)


def begin(page: Page) -> date:
    """A post three days ahead, at twenty past nine."""
    first = days_ahead(3)
    write(page, datetime.combine(first, time(9, 20)))
    return first


def by_mouse(page: Page, first: date) -> None:
    """Within the month the time stays; the old one comes back by its form."""
    page.goto(f"/calendar?month={first:%Y-%m}")
    target = page.locator(f"td[data-at='{first + timedelta(days=1)}']")
    chip(page).hover()
    page.mouse.down()
    target.hover()
    target.hover()
    expect(target).to_have_class(re.compile("is-aim"))
    assert target.get_attribute("data-drop") == "09:20"
    page.mouse.up()
    moved_to(page, first + timedelta(days=1), "09:20")
    expect(chip(page)).to_be_focused()
    page.click("text=Put it back")
    moved_to(page, first, "09:20")
    assert page.locator(".undo").count() == 1
    page.click("text=Put it back")
    moved_to(page, first + timedelta(days=1), "09:20")


def by_keys(page: Page, day: date, held: Callable[[Page], None]) -> None:
    """In a week a post takes the hour; Escape leaves all as it was. `held` looks at the page while
    a post is picked up."""
    page.goto(f"/calendar?view=week&week={day}")
    chip(page).focus()
    page.keyboard.press("m")
    said = page.locator("#carrying [role=status]")
    expect(said).to_contain_text("Arrow keys choose another time")
    held(page)
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("10:00. Enter drops it there.")
    page.keyboard.press("Escape")
    expect(page.locator("#flashes")).to_contain_text(f"It stays on {day:%A} {day.day}")
    expect(chip(page)).to_be_focused()
    for key in ("m", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    moved_to(page, day, "11:00")
    expect(chip(page)).to_be_focused()
    page.goto(f"/calendar/{day}")
    page.locator(".chip-line", has_text=WORDS).locator(".chip-move").click()
    for _ in range(16 - 3):
        page.keyboard.press("ArrowDown")
    expect(said).to_contain_text(f"{day + timedelta(days=1):%A}")
    page.keyboard.press("Enter")
    moved_to(page, day + timedelta(days=1), "00:00")


def without_a_script(page: Page, first: date) -> None:
    page.goto(f"/calendar/{first + timedelta(days=2)}")
    page.locator(".chip-line", has_text=WORDS).locator(".chip-move").click()
    page.click(f"button[value='{first + timedelta(days=2)}T14:00']")
    moved_to(page, first + timedelta(days=2), "14:00")
    page.click("text=Put it back")
    moved_to(page, first + timedelta(days=2), "00:00")
    page.locator(".chip-line", has_text=WORDS).locator(".chip-move").click()
    page.fill("main input[name=due_at]", "2020-01-01T09:00")
    page.click("main .picked button")
    expect(page.locator(".problem")).to_contain_text("That time has passed")
