"""Connecting at the network itself, with a browser without JavaScript: Bluesky on its real server
(whose own page is filled in without a browser, since it wants JavaScript), X on its double."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browser.conftest import Visit, sign_in
from tests.browser.sites import Site, site
from tests.servers.doubles.keys import CLIENT
from tests.servers.doubles.x import XDouble
from tests.servers.pds import Pds
from tests.servers.pds.consent import Consent


@pytest.fixture
def x() -> Iterator[XDouble]:
    double = XDouble()
    yield double
    double.stop()


@pytest.fixture
def here(tmp_path: Path, pds: Pds, x: XDouble) -> Iterator[Site]:
    bases = {"network_api_bases": f"bluesky={pds.directory},x={x.url}"}
    keys = {"x_client_id": CLIENT[0], "x_client_secret": CLIENT[1]}
    with site(tmp_path, **bases, **keys) as made:
        with made.inside():
            make.alice()
        x.redirects.add(f"{made.url}/channels/connect/x/return")
        yield made


def test_bluesky_and_x_are_connected_there_and_one_is_let_go(
    here: Site, visit: Visit, pds: Pds, x: XDouble
) -> None:
    grace = pds.make_account("grace")
    visitor = visit(here.url, js=False)
    page = visitor.page
    sign_in(page, "alice@orchard.example", make.PASSWORD)
    page.goto("/channels/connect/bluesky")
    page.fill("#away-handle", grace.handle)
    page.fill("#away-host", pds.url)
    page.click("form[action$=away] button.primary")
    expect(page.locator("h1")).to_contain_text("Go on to Bluesky")
    said = Consent(pds, page.get_attribute("main a.primary", "href") or "").say_yes(grace)
    away = f"http://127.0.0.1:{here.port}/channels/connect/bluesky/return"
    page.goto(f"{away}?{urlencode(said)}")
    expect(page.locator("h1")).to_contain_text(grace.handle)
    expect(page.locator("main")).to_contain_text("Connected")
    page.click("main a.danger")
    page.check("input[value=erase]")
    page.click("button.danger")
    expect(page.locator("main")).to_contain_text("are erased here")
    page.goto("/channels/connect/x")
    page.click("main button.primary")
    page.click("main a.primary")  # the double says yes at once
    expect(page.locator("h1")).to_contain_text("grace")
    others = (x.url, f"//127.0.0.1:{here.port}")
    visitor.slips = [slip for slip in visitor.slips if not any(one in slip for one in others)]
