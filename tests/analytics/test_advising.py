"""From figures to advice: counted once a day, written down for the composer, of one's own posts alone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account.models import Organization
from app.analytics import advice_jobs, advising, best_time
from app.billing.plans import LADDER
from app.channels.models import Channel
from app.db import db as database
from app.scheduler import advice
from app.scheduler.advice import TimeAdvice
from app.scheduler.models import Delivery, Post
from tests import make
from tests.analytics.measured import measured

DATABASES = ("sqlite",)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def channel(db: object) -> Channel:
    """Alice's: Thursdays at ten do three times as well as other days."""
    made = make.channel(make.alice(), name="main")
    monday = clock.now().astimezone(BERLIN).replace(hour=10, minute=5) - timedelta(days=60)
    monday -= timedelta(days=monday.weekday())
    for week in range(6):
        for day in range(5):
            likes = (90 if day == 3 else 30) + 5 * ((week + day) % 3)
            at = (monday + timedelta(weeks=week, days=day)).astimezone(UTC)
            measured(made, at, impressions=1000, likes=likes)
    orchard = database.session.scalars(database.select(Organization)).one()
    orchard.timezone = "Europe/Berlin"
    database.session.commit()
    return made


def test_what_stands_out_is_written_down_and_suggested_on_the_persons_wall(
    channel: Channel,
) -> None:
    organization = make.member(make.alice()).organization
    advice_jobs.advise(organization.id)
    advice_jobs.advise(organization.id)
    row = database.session.scalars(database.select(TimeAdvice)).one()
    assert (row.posts, row.missing, row.zone) == (30, 0, "Europe/Berlin")
    [best] = row.hours
    assert best["hour"] == 3 * 24 + 10 and best["posts"] == 6 and best["low"] > 1
    now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)  # a Thursday, ten in Berlin
    member, tokyo = make.member(make.alice()), ZoneInfo("Asia/Tokyo")
    [one] = advice.suggest(member, [channel.id], tokyo, now)
    assert one.at == now + timedelta(days=7)
    assert one.wall == datetime(2026, 12, 3, 18, 0)
    assert advice.suggest(member, [channel.id + 1], tokyo, now) == []
    charlie = make.member(make.charlie())
    assert advice.suggest(charlie, [channel.id], tokyo, now) == []


def test_young_posts_and_what_the_plan_does_not_reach_are_left_out(
    app: Flask, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization, now = make.member(make.alice()).organization, clock.now()
    measured(channel, now - timedelta(days=2), impressions=10, likes=9)
    measured(channel, now - timedelta(days=4), impressions=10)
    assert len(list(advising.samples(organization.id, now))) == 30
    monkeypatch.setitem(app.extensions, "ladder", LADDER)
    found = list(advising.samples(organization.id, now))
    assert 0 < len(found) < 30 and all(one.at >= now - timedelta(days=30) for one in found)


def test_one_text_on_three_channels_is_one_post_for_the_page(
    client: FlaskClient, channel: Channel
) -> None:
    """It did ten times as well as ever, and once is no habit."""
    orchard = make.member(make.alice()).organization
    others = [make.channel(make.alice(), name=name) for name in ("second", "third")]
    at = clock.now().replace(hour=16) - timedelta(days=20)
    first = measured(channel, at, impressions=1000, likes=400)
    post = database.session.get_one(Delivery, first.delivery_id).post
    for other in others:
        measured(other, at, post=post, impressions=1000, likes=400)
        for hour in range(4):
            measured(other, at - timedelta(hours=9 + hour), impressions=1000, likes=40)
    database.session.commit()
    together, _ = advising.judge_all(orchard, clock.now())
    assert together.posts == 30 + 1 + 2 * 4
    hour = best_time.hour_of_week(at, BERLIN)
    assert together.hours[hour].posts == 1 and hour not in [one.number for one in together.best]
    assert "Counted over 39 posts" in client.get("/analytics/best-time").text


def test_the_next_time_is_resolved_late_over_summer_time() -> None:
    before = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    assert advice.next_time(9, BERLIN, before) == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert advice.next_time(9, BERLIN, datetime(2026, 10, 23, 12, 0, tzinfo=UTC)) == datetime(
        2026, 10, 26, 8, 0, tzinfo=UTC
    )


def test_the_composer_suggests_and_a_press_picks_the_time_without_losing_a_word(
    client: FlaskClient, channel: Channel
) -> None:
    advice_jobs.advise(channel.organization_id)
    shown = client.get("/posts/new").text
    [wall] = re.findall(r'name="action" value="at:([0-9T:-]{16})"', shown)
    assert datetime.fromisoformat(wall).weekday() == 3 and wall.endswith("T10:00")
    sent = {"text": "Keep me", "when": "next_slot", "channels": channel.id, "action": f"at:{wall}"}
    picked = client.post("/posts/new", data=sent)
    assert picked.status_code == 200 and "Keep me" in picked.text
    assert f'name="due_at" value="{wall}"' in picked.text
    assert database.session.scalar(database.select(database.func.count(Post.id))) == 30


def test_the_slots_page_offers_them_as_slots(client: FlaskClient, channel: Channel) -> None:
    advice.put(channel.id, "Europe/Berlin", 8, 12, [], clock.now())
    database.session.commit()
    assert (
        "Not enough posts yet to say when posts do best here: 12 more." in client.get("/slots").text
    )
    advice_jobs.advise(channel.organization_id)
    assert "Thursday 10:00" in client.get("/slots").text
    sent = {"channels": channel.id, "weekdays": "3", "times": "10:00", "timezone": "Europe/Berlin"}
    assert client.post("/slots", data=sent).status_code == 303
