"""What every page keeps to: axe's rules, contrast, targets that can be hit, and no scrolling sideways."""

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

AXE = Axe().axe_script
LOOKS = Path(__file__).with_name("looks.js").read_text()
EVERY = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
SIZES = ["target-size", "scrollable-region-focusable", "label", "link-name"]
DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=900)
# Three rules of axe cost more than all others together: looks.js asks the same, nearly for nothing.
DEAR = {
    name: {"enabled": False} for name in ("color-contrast", "target-size", "aria-valid-attr-value")
}


def _axe(page: Page, names: list[str], **more: Any) -> list[str]:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    options = {"runOnly": names, "resultTypes": ["violations"], "preload": False} | more
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html']}" for one in found]


def unreadable(page: Page) -> list[str]:
    """In the shade and at the width that the page has now."""
    return [f"{page.url} {fault}" for fault in page.evaluate(LOOKS)]


def violations(page: Page) -> list[str]:
    """Of a page as it is now."""
    return _axe(page, EVERY, rules=DEAR) + unreadable(page)


def change(page: Page, *, to_phone: bool) -> None:
    """To the dark of a phone, or back to the light of a desk."""
    page.set_viewport_size(PHONE if to_phone else DESK)
    page.emulate_media(color_scheme="dark" if to_phone else "light", reduced_motion="reduce")


def look(page: Page, paths: dict[str, str]) -> list[str]:
    """Each page once, at a desk in the light and on a phone in the dark, by turns in that order and the
    other: what is there is loaded in both."""
    faults, is_phone = [], False
    for path in paths.values():
        page.goto(path)
        faults += violations(page)
        is_phone = not is_phone
        change(page, to_phone=is_phone)
        faults += [f"after a change: {fault}" for fault in unreadable(page)]
    change(page, to_phone=False)
    return faults


def look_thoroughly(page: Page, paths: dict[str, str]) -> list[str]:
    """Every rule of axe itself in the light, then what the dark and what a phone can change."""
    faults = []
    for path in paths.values():
        page.goto(path)
        faults += _axe(page, EVERY) + unreadable(page)
        page.emulate_media(color_scheme="dark")
        faults += [f"dark: {fault}" for fault in _axe(page, COLOURS) + unreadable(page)]
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        faults += [f"phone: {fault}" for fault in _axe(page, SIZES) + unreadable(page)]
        page.set_viewport_size(DESK)
    return faults
