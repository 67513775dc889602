"""`make screens`: pictures of every main page, light and dark, wide and narrow, into screens/.

Ends with 1 when a page scrolls sideways, logs an error, or asks another host for anything."""

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from app.demo import EMAIL, PASSWORD
from tests.servers import app_processes, chromium

TARGET = Path(__file__).resolve().parent.parent / "screens"
PUBLIC = {
    "home": "/",
    "signup": "/signup",
    "login": "/login",
    "forgot": "/password/forgot",
    "privacy": "/privacy",
    "promises": "/privacy/promises",
    "versions": "/privacy/versions",
    "cookies": "/privacy/cookies",
    "retention": "/privacy/retention",
    "subprocessors": "/privacy/subprocessors",
    "pricing": "/pricing",
    "contact": "/support",
    "request": "/privacy/request",
    "missing": "/nothing-here",
}
OWN = {
    "calendar": "/calendar",
    "calendar-week": "/calendar?view=week&state=scheduled",
    "calendar-list": "/calendar?view=list",
    "queue": "/queue",
    "queue-channel": "/queue?channel=1",
    "shuffle": "/queue/1/order",
    "slots": "/slots",
    "repeats": "/repeats",
    "posts": "/posts",
    "posts-found": "/posts?q=the",
    "find": "/find?q=a",
    "import": "/import",
    "feeds": "/feeds",
    "drafts": "/posts?state=draft",
    "labels": "/labels",
    "templates": "/templates",
    "template": "/templates/1",
    "signature-new": "/templates/new?kind=signature",
    "new-from-template": "/posts/new?template=1",
    "media": "/media",
    "media-trash": "/media/trash",
    "media-choice": "/media/choice",
    "new": "/posts/new",
    "versions": "/posts/1/versions",
    "analytics": "/analytics?days=90",
    "analytics-posts": "/analytics/posts?days=90",
    "analytics-labels": "/analytics/labels?days=90",
    "analytics-counting": "/analytics/counting",
    "channels": "/channels",
    "connect": "/channels/connect",
    "connect-bluesky": "/channels/connect/bluesky",
    "channel": "/channels/1",
    "channel-leaving": "/channels/1/disconnection",
    "attention": "/attention",
    "approvals": "/approvals",
    "notifications": "/notifications",
    "client-links": "/approvals/links",
    "mail-choice": "/account/notifications",
    "account": "/account",
    "confirm": "/login/again",
    "security": "/account/security",
    "passkey": "/account/security/passkeys/new",
    "codes": "/account/security/codes",
    "activity": "/account/security/activity",
    "sessions": "/account/sessions",
    "billing": "/billing",
    "invoices": "/billing/invoices",
    "organization": "/organization",
    "members": "/organization/members",
    "audit": "/organization/audit",
    "events": "/account/security/events",
    "organization-new": "/organization/new",
    "leaving": "/organization/leaving",
    "support": "/support",
    "requests": "/settings/privacy/requests",
    "privacy-settings": "/settings/privacy",
    "privacy-data": "/settings/privacy/data",
    "privacy-rows": "/settings/privacy/data/login_session",
    "privacy-deletion": "/settings/privacy/deletion",
    "desk-holds": "/operator/holds",
    "desk-retention": "/operator/retention",
    "privacy-restriction": "/settings/privacy/restriction",
    "privacy-objections": "/settings/privacy/objections",
    "privacy-corrections": "/settings/privacy/corrections",
    "privacy-exports": "/settings/privacy/exports",
    "privacy-imports": "/settings/privacy/imports",
    "looks": "/settings/privacy/looks",
    "desk": "/operator",
    "desk-requests": "/operator/requests",
    "desk-deliveries": "/operator/deliveries",
    "desk-recipients": "/operator/subprocessors",
    "desk-support": "/operator/support",
    "desk-incidents": "/operator/incidents",
    "desk-billing": "/operator/billing",
    "desk-people": "/operator/people",
    "reports": "/analytics/reports",
    "report": "/analytics/report",
    "best-time": "/analytics/best-time",
    "desk-usage": "/operator/usage",
    "desk-activity": "/operator/activity",
    "desk-health": "/operator/health",
    "desk-networks": "/operator/networks",
    "consents": "/settings/privacy/consents",
    "telemetry": "/settings/privacy/telemetry",
    "missing-inside": "/posts/999999",
}
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    only = set(sys.argv[1:])
    with chromium.browser() as browser:
        if url := os.environ.get("SCREENS_URL"):
            faults = shoot_all(browser, url, only)
        else:
            with tempfile.TemporaryDirectory() as folder:
                with app_processes.running(Path(folder), seed=True) as running:
                    faults = shoot_all(browser, running.url, only)
    print(f"{len(list(TARGET.glob('*.png')))} pictures in {TARGET.name}/")
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


def shoot_all(browser: Browser, url: str, only: set[str]) -> list[str]:
    faults: list[str] = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(
                base_url=url, viewport={"width": width, "height": 860}, color_scheme=scheme
            )
            page = context.new_page()
            watch(page, url, faults)
            suffix = f"{width}-{scheme}"
            for name, path in PUBLIC.items():
                shoot(page, path, f"{name}-{suffix}", faults, only)
            sign_in(page)
            for name, path in (OWN | found(page)).items():
                shoot(page, path, f"{name}-{suffix}", faults, only)
            context.close()
    return faults


def sign_in(page: Page) -> None:
    page.goto("/login")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form button.primary")
    page.wait_for_url("**/calendar")


def found(page: Page) -> dict[str, str]:
    """Pages that have ids in their addresses: taken from links of the demo."""
    more = {}
    for state in ("published", "scheduled", "failed", "pending_approval"):
        page.goto(f"/posts?state={state}")
        more[f"post-{state}"] = page.get_attribute("a.post-row", "href") or "/posts"
    more["edit"] = f"{more['post-scheduled']}/edit"
    page.goto("/channels/1")
    more["wall"] = urlsplit(page.get_attribute("main .actions a.button", "href") or "/").path
    page.goto("/analytics?days=90")
    more["analytics-post"] = page.get_attribute(".ranked a", "href") or "/analytics/posts"
    more["analytics-channel"] = page.get_attribute(".of-channels a", "href") or "/analytics"
    page.goto("/calendar")
    more["day"] = page.get_attribute("td:has(.chip) .day-number", "href") or "/calendar"
    for name, path in (
        ("support-thread", "/support"),
        ("request-mine", "/settings/privacy/requests"),
        ("desk-request", "/operator/requests"),
        ("desk-thread", "/operator/support"),
        ("desk-incident", "/operator/incidents"),
    ):
        page.goto(path)
        more[name] = page.get_attribute("main .person-row a", "href") or path
    return more


def watch(page: Page, url: str, faults: list[str]) -> None:
    host = urlsplit(url).netloc

    def requested(request: object) -> None:
        asked = str(getattr(request, "url", ""))
        if urlsplit(asked).netloc not in (host, "") and not asked.startswith(("data:", "blob:")):
            faults.append(f"asked another host: {asked}")

    page.on("request", requested)
    page.on(
        "console",
        lambda m: (
            faults.append(f"{page.url}: {m.text}")
            if m.type == "error" and "404" not in m.text
            else None
        ),
    )


def shoot(page: Page, path: str, name: str, faults: list[str], only: set[str]) -> None:
    if only and not any(name.startswith(wanted) for wanted in only):
        return
    page.goto(path)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        faults.append(f"{name} is {wide} px too wide")
    page.screenshot(path=TARGET / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
