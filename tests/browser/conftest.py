"""The application as real processes, and a person with a browser who notices every slip."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from dev import valkey
from tests.servers import chromium, postgres
from tests.servers.app_processes import Running, running

STORED = """async () => ({
  "local storage": Object.keys(localStorage),
  "session storage": Object.keys(sessionStorage),
  "indexed db": (await indexedDB.databases()).map(one => one.name),
  "cache": await caches.keys(),
  "service worker": (await navigator.serviceWorker.getRegistrations()).map(one => one.scope),
})"""


class Visitor:
    """A browser context whose every request, console error and cookie is looked at."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.host = context, urlsplit(url).netloc
        self.slips: list[str] = []
        self.page = context.new_page()
        self.page.on("request", self._requested)
        self.page.on("console", self._said)
        self.page.on("pageerror", self._broke)

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


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Gone again before other tests run: Playwright keeps an event loop in its thread."""
    with chromium.browser() as made:
        yield made


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Open a browser at a URL; at the end nobody may have slipped."""
    visitors: list[Visitor] = []

    def made(url: str, *, js: bool = True, dark: bool = False, width: int = 1280) -> Visitor:
        context = browser.new_context(
            base_url=url,
            java_script_enabled=js,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            timezone_id="Europe/Berlin",
            locale="en-GB",
        )
        context.set_default_timeout(15_000)
        visitors.append(Visitor(context, url))
        return visitors[-1]

    yield made
    for visitor in visitors:
        assert visitor.slips == []
        visitor.context.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo organisation, with web only."""
    with running(tmp_path_factory.mktemp("demo"), "web", seed=True) as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def whole(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """All processes: on SQLite with the embedded queue, or on Postgres with a server by URL."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("whole")
        env = _servers(stack, folder) if request.param == "postgres" else {}
        yield stack.enter_context(running(folder, env=env))


def _servers(stack: ExitStack, folder: Path) -> dict[str, str]:
    server = valkey.start(folder / "other-queue")
    stack.callback(server.stop)
    url = stack.enter_context(postgres.database(f"b_{os.getpid()}_{folder.name}"))
    return {"DATABASE_URL": url, "REDIS_URL": server.url}


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/login")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button.primary")
