"""Beside what the figures of a period stand: the month before, or the same days a year before."""

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from app import clock
from app.account import allowances
from app.account.allowances import Room
from app.channels.models import Channel
from app.db import db
from app.networks.adapters.bluesky import Bluesky
from app.scheduler.labels import LABEL, PostLabel, named
from app.scheduler.models import Delivery
from tests import make
from tests.analytics import planted
from tests.analytics.test_pages import card, words

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OCTOBER = "from=2026-10-01&to=2026-10-31"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def blue(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """Ten likes in October, five in September, three on the last of August, twenty in October a year
    before, and as many as that in the months between."""
    monkeypatch.setattr(Bluesky, "tells", frozenset({"likes"}))
    alice = make.alice()
    made = make.channel(alice, "bluesky", name="blue")
    for at, likes, followers in (
        (datetime(2026, 10, 15, tzinfo=UTC), 10, 200),
        (datetime(2026, 9, 15, tzinfo=UTC), 5, 160),
        (datetime(2026, 8, 31, 12, tzinfo=UTC), 3, 150),
        (datetime(2026, 3, 15, tzinfo=UTC), 20, 120),
        (datetime(2025, 10, 31, 12, tzinfo=UTC), 20, 100),
    ):
        out = planted.out(alice, made, at, likes=likes)
        planted.follow(made, at, followers)
        post = db.session.get_one(Delivery, out.delivery_id).post
        [label] = named(post.organization_id, LABEL, ["tips"], NOW)
        post.labels.append(PostLabel(label=label))
        db.session.commit()
    return made


def followers(page: str) -> str:
    return words(page.split('id="followers">')[1].split("</div>")[0])


def test_october_stands_beside_september(client: FlaskClient, blue: Channel) -> None:
    page = client.get(f"/analytics?{OCTOBER}").text
    assert "compared with 1 to 30 Sep 2026" in words(page)
    assert "10 up 100% from 5" in card(page, "engagements")
    assert "1 As before: 1" in card(page, "posts")
    assert "200 up 25% from 160" in followers(page)
    [last] = re.findall(r"(?s)<tr><th scope=\"row\">Sat 31 Oct 2026</th>.*?</tr>", page)
    assert words(last) == "Sat 31 Oct 2026 0 no such day"


def test_or_beside_october_of_the_year_before_by_a_link(client: FlaskClient, blue: Channel) -> None:
    page = client.get(f"/analytics?{OCTOBER}").text
    [link] = re.findall(r'id="against" href="([^"]+)"', page)
    page = client.get(link.replace("&amp;", "&")).text
    assert "compared with 1 to 31 Oct 2025" in words(page)
    assert "10 down 50% from 20" in card(page, "engagements")
    assert "1 As before: 1" in card(page, "posts")
    assert "200 up 100% from 100" in followers(page)
    assert "<span>A year before</span>" in re.sub("<i[^>]*></i>", "", page)
    back = re.findall(r'id="against" href="([^"]+)"', page)
    assert "against" not in back[0]
    for name, path in (("7 days", "days=7"), ("90 days", "days=90")):
        assert f"against=year&amp;{path}" in page or f"{path}&amp;against=year" in page, name


def test_a_channel_and_a_label_are_compared_so_too(client: FlaskClient, blue: Channel) -> None:
    channel = client.get(f"/analytics/channels/{blue.id}?{OCTOBER}&against=year").text
    assert "10 down 50% from 20" in card(channel, "engagements")
    assert "200 up 100% from 100" in followers(channel)
    [label] = db.session.scalars(db.select(PostLabel.label_id).distinct())
    page = client.get(f"/analytics/labels/{label}?{OCTOBER}&against=year").text
    assert "10 down 50% from 20" in card(page, "engagements")
    assert "10 up 100% from 5" in card(
        client.get(f"/analytics/labels/{label}?{OCTOBER}").text, "engagements"
    )


def test_a_report_of_a_month_can_stand_beside_the_year_before(
    client: FlaskClient, blue: Channel
) -> None:
    page = words(client.get("/analytics/report?month=2026-10&against=year").text)
    assert "compared with 1 to 31 Oct 2025" in page and "10 down 50% from 20" in page
    assert client.get("/analytics/report?month=2026-10&against=luck").status_code == 404
    assert client.get("/analytics?against=luck").status_code == 404


def test_where_the_plan_does_not_reach_so_far_back_it_says_so(
    client: FlaskClient, blue: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowances, "ladder", lambda: (Room("Free", history_days=90),))
    page = client.get("/analytics?days=60&against=year").text
    assert "your plan does not reach back to the year before" in words(page)
    assert "Nothing to compare with" in card(page, "engagements")
