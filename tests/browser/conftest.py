"""The demo in this process, and a person with a browser who notices every slip."""

from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from app.demo import EMAIL
from tests.browser.sites import Site, site
from tests.servers import chromium

STORED = """async () => ({
  "local storage": Object.keys(localStorage),
  "session storage": Object.keys(sessionStorage),
  "indexed db": (await indexedDB.databases()).map(one => one.name),
  "cache": await caches.keys(),
  "service worker": (await navigator.serviceWorker.getRegistrations()).map(one => one.scope),
})"""


# The walk without scripts is a long form: what is only there for it, test_without_scripts.py walks over.
with_and_without_scripts = pytest.mark.parametrize(
    "js", [True, pytest.param(False, marks=pytest.mark.security_long)]
)
RESTING, MOST_PLACES = "/health/live", 4


class Visitor:
    """A browser context whose every request, console error and cookie is looked at."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.context, self.host = page, page.context, urlsplit(url).netloc
        self.slips: list[str] = []
        self.heard = {
            "request": self._requested,
            "console": self._said,
            "pageerror": self._broke,
        }
        for name, hear in self.heard.items():
            page.on(name, hear)  # type: ignore[call-overload]

    def leave(self) -> None:
        for name, hear in self.heard.items():
            self.page.remove_listener(name, hear)

    def _requested(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != self.host:
            self.slips.append(f"asked another host: {url}")

    def _broke(self, error: object) -> None:
        if "Transition was" not in str(error):  # the browser's own word on leaving in a hurry
            self.slips.append(str(error))

    def _said(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), str(getattr(message, "text", ""))
        if kind == "error" and "Failed to load resource" not in text:
            self.slips.append(text)

    @property
    def cookies(self) -> list[str]:
        return [str(cookie.get("name")) for cookie in self.context.cookies()]

    @property
    def kept(self) -> set[tuple[str, str]]:
        """Kind and name of everything that this site has put into the browser so far."""
        stored: dict[str, list[str]] = self.page.evaluate(STORED)
        return {("cookie", name) for name in self.cookies} | {
            (kind, name) for kind, names in stored.items() for name in names
        }


Visit = Callable[..., Visitor]


class Places:
    """Browser contexts by where they lead and whether scripts run. A new one costs a second of a
    processor, so that one is used again, without whatever the visitor before left in it."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.idle = browser, dict[tuple[str, bool], list[Page]]()

    def take(self, url: str, js: bool) -> Page:
        if known := self.idle.get((url, js)):
            return known.pop()
        return self.open(url, js=js)

    def open(self, url: str, **options: Any) -> Page:
        context = self.browser.new_context(
            base_url=url,
            java_script_enabled=options.pop("js", True),
            timezone_id="Europe/Berlin",
            locale="en-GB",
            **options,
        )
        context.set_default_timeout(15_000)
        return context.new_page()

    def give_back(self, place: tuple[str, bool], page: Page) -> None:
        """The page goes where no script runs and nothing is asked for."""
        for other in page.context.pages:
            if other != page:
                other.close()
        page.unroute_all()
        page.goto(RESTING)
        page.context.clear_cookies()
        devtools = page.context.new_cdp_session(page)
        everything = {"origin": place[0], "storageTypes": "all"}
        devtools.send("Storage.clearDataForOrigin", everything)
        devtools.detach()
        self.idle.setdefault(place, []).append(page)
        while len(self.idle) > MOST_PLACES:
            for old in self.idle.pop(next(iter(self.idle))):
                old.context.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Gone again before other tests run: Playwright keeps an event loop in its thread."""
    with chromium.browser() as made:
        yield made


@pytest.fixture(scope="package")
def places(browser: Browser) -> Places:
    return Places(browser)


@pytest.fixture
def visit(places: Places) -> Iterator[Visit]:
    """Open a browser at a URL; at the end nobody may have slipped."""
    visitors: list[tuple[tuple[str, bool], Visitor]] = []

    def made(url: str, *, js: bool = True, dark: bool = False, width: int = 1280) -> Visitor:
        page = places.take(url, js)
        page.set_viewport_size({"width": width, "height": 900})
        shade: Literal["dark", "light"] = "dark" if dark else "light"
        page.emulate_media(media="screen", color_scheme=shade, reduced_motion="reduce")
        visitors.append(((url, js), Visitor(page, url)))
        return visitors[-1][1]

    yield made
    for place, visitor in visitors:
        assert visitor.slips == []
        visitor.leave()
        places.give_back(place, visitor.page)


@pytest.fixture(scope="session")
def planted_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Once in each process of tests, whatever runs between the files of this folder."""
    with site(tmp_path_factory.mktemp("demo"), seed=True) as made:
        made.keep()
        yield made


@pytest.fixture(scope="module")
def demo(planted_demo: Site) -> Site:
    """The demo organisation as it was planted, with web only."""
    planted_demo.restore()
    return planted_demo


@pytest.fixture
def robin(demo: Site, visit: Visit) -> Visit:
    """The demo's owner, who also runs the instance: a visitor with a session that has begun."""

    def made(**how: Any) -> Visitor:
        visitor = visit(demo.url, **how)
        cookie = demo.cookie_of(EMAIL)
        visitor.context.add_cookies([{"name": "allstac", "value": cookie, "url": demo.url}])
        return visitor

    return made


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/login")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button.primary")


def introduce(page: Page, name: str, password: str) -> None:
    """What signing up asks of everybody, and the button."""
    page.fill("#name", name)
    page.fill("#password", password)
    page.select_option("#birth_month", "5")
    page.select_option("#birth_year", "1990")
    page.check("#accept")
    page.click("main button.primary")
