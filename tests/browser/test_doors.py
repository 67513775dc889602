"""The pages at the doors in a real browser: too fast, too large, from elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.pace import Pace
from tests.browser.conftest import Visit
from tests.browser.rules import violations
from tests.browser.sites import Site, site


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two pages in six seconds, instead of some in a minute, so that the wait is a short one."""
    with site(tmp_path_factory.mktemp("strict")) as made:
        made.app.extensions["pace"]["network"] = Pace(2, 6)
        yield made


def test_who_is_too_fast_waits_on_a_page_that_asks_again(strict: Site, visit: Visit) -> None:
    visitors, waits = [visit(strict.url, js=js) for js in (True, False)], []
    for visitor in visitors:
        page = visitor.page
        for _ in range(9):
            answer = page.goto("/privacy")
            assert answer
            if answer.status == 429:
                break
        expect(page.locator("h1")).to_have_text("A little slower")
        expect(page.locator("main")).to_contain_text("This page asks again by itself in")
        waits.append(int(answer.headers["retry-after"]))
        assert answer.headers["refresh"] == str(waits[-1])
    assert violations(visitors[0].page) == []
    for visitor in visitors:
        heading = visitor.page.locator("h1")
        expect(heading).to_have_text("Privacy policy", timeout=(max(waits) + 20) * 1000)
        visitor.slips.clear()


def test_a_form_from_another_site_finds_the_door_shut(demo: Site, robin: Visit) -> None:
    """A page on another origin sends a form here, with the cookie or without: 403, nothing done."""
    visitor = robin()
    visitor.page.goto("/account")
    expect(visitor.page.locator("#name")).to_have_value("Robin Demo")
    page = visitor.context.new_page()
    elsewhere = demo.url.replace("localhost", "127.0.0.1")
    page.route(f"{elsewhere}/evil", lambda route: route.fulfill(
        content_type="text/html",
        body=f'<form method=post action="{demo.url}/account"><input name=name value=Mallory>'
        "<button>x</button></form>"))  # fmt: skip
    page.goto(f"{elsewhere}/evil")
    with page.expect_response(f"{demo.url}/account") as answered:
        page.click("button")
    assert answered.value.status == 403
    expect(page.locator("main")).to_contain_text("sent from another site")
    assert page.get_by_role("button", name="Send it again").count() == 0
    page.close()


def test_a_file_that_is_too_large_is_refused_and_the_text_is_still_there(
    robin: Visit, tmp_path: Path
) -> None:
    visitor = robin()
    page = visitor.page
    page.goto("/posts/new")
    page.fill("#text", "Typed before the large file")
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(95 * 1024 * 1024)
    page.set_input_files("#media", str(large))
    page.click("button[value=draft]")
    expect(page.locator("main")).to_contain_text("It is larger than 20 MB")
    expect(page.locator("#text")).to_have_value("Typed before the large file")
    visitor.slips.clear()
