"""The card under a link, as the composer shows it: pages are real ones, on a server of their own."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import db as database
from app.media.models import Asset
from app.networks.link_card import MAKERS
from app.networks.registry import NETWORKS
from app.pace import Pace
from app.scheduler import link_cards
from tests import make
from tests.networks.conftest import Table, httpd  # noqa: F401  # a fixture
from tests.scheduler.test_composer import picture

DATABASES = ("sqlite",)
HEAD = b"""<title>Not this</title><meta property="og:title" content="Plum <b> days">
<meta property="og:description" content="All about plums"><meta property="og:image" content="/p.png">"""
PAGE = (200, {"Content-Type": "text/html"}, HEAD)


class Counted(Table):
    """Pages, and how often they were asked for."""

    asked = 0

    def get(self, path: str, default: object = None) -> object:  # type: ignore[override]
        self.asked += 1
        return super().get(path, default)  # type: ignore[arg-type]


@pytest.fixture
def pages() -> Counted:
    return Counted({"/plums": PAGE})


@pytest.fixture
def site(httpd: Callable[[Table], str], pages: Counted) -> str:  # noqa: F811
    return httpd(pages)


@pytest.fixture
def writer(client: FlaskClient, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(link_cards, "PACE", Pace(link_cards.PACE.most, link_cards.PACE.seconds))
    return client


def form(words: str, *networks: str, **more: object) -> dict[str, object]:
    made = [make.channel(make.alice(), one, one) for one in networks]
    return {"text": words, "channels": [one.id for one in made], "when": "now", **more}


def look(client: FlaskClient, sent: dict[str, object], path: str = "/posts/card") -> str:
    answer = client.post(path, data=sent, headers={"HX-Request": "true", "HX-Target": "previews"})
    assert answer.status_code == 200
    return answer.text


def test_a_page_is_read_once_and_only_when_asked(
    writer: FlaskClient, site: str, pages: Counted
) -> None:
    sent = form(f"See {site}/plums", "bluesky", "linkedin", "mastodon", "sandbox", "pinterest")
    before = look(writer, sent, "/posts/preview")
    assert pages.asked == 0 and "Plum" not in before and before.count("hx-preserve") == 4
    shown = look(writer, sent)
    assert pages.asked == 1
    assert shown.count("Plum &lt;b&gt; days") == shown.count("All about plums") == 3
    assert shown.count('class="link-card"') == 4  # Pinterest shows none
    for words in (
        "Goes to Bluesky like this, without a picture.",
        "The page&#39;s picture goes to LinkedIn with it.",
        "Mastodon reads the page itself and may show it otherwise.",
        "Sandbox shows the address alone.",
    ):
        assert words in shown
    assert shown.count("hx-preserve") == 1  # of the sandbox; what was read stays while one writes


def test_a_page_that_says_nothing_is_told(writer: FlaskClient, site: str) -> None:
    for path in ("/missing", "/plums.png"):
        shown = look(writer, form(f"See {site}{path}", "bluesky", "mastodon"))
        assert "it goes out to Bluesky as a bare link." in shown
        assert "Mastodon may show the bare link." in shown
    dead = look(writer, form("See http://127.0.0.1:1/x", "bluesky"))
    assert "The page did not answer" in dead


def test_a_card_that_is_hidden_or_covered_by_a_picture_is_not_read(
    writer: FlaskClient, site: str, pages: Counted
) -> None:
    sent = form(f"See {site}/plums", "telegram")
    [id] = sent["channels"]  # type: ignore[misc]
    hidden = {**sent, f"asked-{id}": "1", f"option-{id}-hide_preview": "yes"}
    assert "link-card" not in look(writer, hidden) and pages.asked == 0
    asset = make_picture(writer)
    assert "link-card" not in look(writer, {**sent, "kept": asset}) and pages.asked == 0


def make_picture(client: FlaskClient) -> int:
    client.post("/posts/new", data={"action": "draft", "media": picture()})
    return database.session.scalars(select(Asset.id)).one()


def test_without_javascript_a_button_of_the_form_does_it_and_nothing_typed_is_lost(
    writer: FlaskClient, site: str
) -> None:
    sent = form(f"See {site}/plums", "bluesky", action="card", alt="A plum", comment="Yes")
    page = writer.post("/posts/new", data=sent).text
    assert "All about plums" in page and "Yes</textarea>" in page and "<html" in page
    page = writer.post("/posts/new", data={**sent, "media": picture()}).text
    assert 'name="kept"' in page and 'value="A plum"' in page and "link-card" not in page


def test_ten_looks_a_minute_and_then_a_pause_with_words(
    writer: FlaskClient, site: str, pages: Counted
) -> None:
    sent = form(f"See {site}/plums", "bluesky")
    for _ in range(10):
        assert "Look again in" not in look(writer, sent)
    assert "Look again in 60 seconds." in look(writer, sent) and pages.asked == 10


def test_no_address_inside_is_reached(
    app: Flask, writer: FlaskClient, site: str, pages: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"allow_private_hosts": False})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    https = site.replace("http:", "https:")
    parts = [f"{https}/plums", "http://169.254.169.254/", "https://user:pass@localhost/"]
    shown = look(writer, form(f"See {site}/plums", "bluesky", part=parts))
    assert shown.count("The page did not answer") == 4 and pages.asked == 0


def test_every_network_with_a_card_is_one_of_ours() -> None:
    assert MAKERS.keys() <= NETWORKS.keys()
