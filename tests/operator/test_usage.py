"""Figures of use: groups below five are neither shown nor computed from what is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.account.models import Membership, Organization, User
from app.audit.models import events
from app.channels.connecting import attach
from app.db import db as database
from app.networks import Account, Grant
from app.operator import usage
from app.operator.hiding import FEWEST, Group, alone, people, share, together
from app.scheduler.models import Delivery, Post
from tests import make
from tests.examples import examples

NOW = make.NOON
LAST_WEEK = NOW - timedelta(days=6)
counts = st.lists(st.integers(0, 12), min_size=1, max_size=5)


def worlds(hidden: int, whole: int, small: set[int]) -> Iterator[tuple[int, ...]]:
    """All sizes of the hidden groups that fit, for who even knows which are the small ones."""
    sizes = [range(1, FEWEST) if n in small else range(FEWEST, whole + 1) for n in range(hidden)]
    return (made for made in product(*sizes) if sum(made) == whole)


@given(counts)
@settings(max_examples=examples(200))
def test_whoever_knows_the_total_and_all_that_is_shown_learns_nothing_of_a_small_group(
    found: list[int],
) -> None:
    shown = together([people(count) for count in found])
    for count, value in zip(found, shown.values, strict=True):
        assert value in (count, None) and (value is None or not 0 < count < FEWEST)
    if shown.total is None:
        return
    assert shown.total == sum(found)
    hidden = [count for count, value in zip(found, shown.values, strict=True) if value is None]
    small = {place for place, count in enumerate(hidden) if count < FEWEST}
    fitting = list(worlds(len(hidden), sum(hidden), small))
    for place in small:
        assert {made[place] for made in fitting} == set(range(1, FEWEST))


def test_no_more_is_hidden_than_that_takes() -> None:
    assert together([people(9), people(7), people(0)]).values == (9, 7, 0)
    assert together([people(2), people(30), people(9), people(0)]).values == (None, 30, None, 0)
    alike = together([people(4), people(4), people(4)])
    assert alike.values == (None, None, None) and alike.total is None
    # Posts of few organisations are hidden however many they are.
    assert together([Group(900, 2), Group(40, 9), Group(60, 9)]).values == (None, None, 60)


def test_who_does_not_use_something_is_a_group_too() -> None:
    assert [share(n, of=20) for n in (0, 3, 5, 15, 18, 20)] == [0, None, 5, 15, None, 20]
    assert [alone(n) for n in (0, 1, 4, 5)] == [0, None, None, 5]


def organization(number: int, network: str, founded: datetime, *outs: datetime) -> None:
    """One that was founded then, with posts that went out at these times."""
    made = Organization(name=f"O{number}", created_at=founded)
    user = User(email=f"p{number}@use.example", name="P", created_at=founded)
    database.session.add_all([made, user])
    database.session.flush()
    joined = Membership(organization_id=made.id, user_id=user.id, role="owner", joined_at=founded)
    database.session.add(joined)
    database.session.flush()
    account = Account(network, "x", str(number), "x", "x", "http://x.test")
    channel = attach(joined, account, Grant({"token": "t"}, None), founded)
    database.session.flush()
    for n, at in enumerate(outs):
        post = Post(organization_id=made.id, text="x", state="published", nonce=f"{number} {n}")
        post.created_at = post.updated_at = at
        out = Delivery(organization_id=made.id, channel_id=channel.id, state="published")
        out.published_at = at
        post.deliveries.append(out)
        database.session.add(post)


@pytest.mark.usefixtures("db")
def test_use_is_counted_by_whole_weeks_in_utc() -> None:
    monday = datetime.fromisoformat("2026-11-16T00:00:00+00:00")
    for number in range(7):
        edge = monday - timedelta(microseconds=1) if number < 2 else monday
        organization(number, "bluesky", monday - timedelta(days=9), edge, NOW)
    for number in range(7, 10):
        organization(number, "mastodon", monday, monday + timedelta(hours=30))
    database.session.scalars(database.select(User)).first().restricted_at = NOW  # type: ignore[union-attr]
    database.session.flush()
    found = usage.count(NOW)
    last, before = found.weeks[0], found.weeks[1]
    assert len(found.weeks) == usage.WEEKS and last.begins_at == monday
    assert found.networks == ["Bluesky", "Mastodon"]
    assert (last.people, last.organizations) == (None, 8)  # three signed up, eight posted
    assert last.posts.values == (5, None) and last.posts.total is None  # three on Mastodon
    assert (before.organizations, before.posts.total) == (None, None)  # two
    assert found.weeks[2].people == 6  # without the one who restricted the use
    waits = dict(found.waits)
    hidden = (waits["within a week"], waits["within a month"])  # three, and so seven
    assert hidden == (None, None) and waits["founded in all"] == 10 and waits["not yet"] == 0
    assert found.writing == 10 and dict(found.features)["Approvals"] == 0


@pytest.mark.usefixtures("db")
def test_each_organisation_waits_for_the_first_post_of_its_own() -> None:
    founded = NOW - timedelta(days=14)
    for number in range(5):
        organization(number, "bluesky", founded, founded + timedelta(minutes=5))
    for number in range(5, 10):
        organization(number, "bluesky", founded, founded + timedelta(hours=5))
    for number in range(10, 15):
        organization(number, "bluesky", founded)
    database.session.flush()
    waits = dict(usage.count(NOW).waits)
    assert (waits["within an hour"], waits["within a day"], waits["not yet"]) == (5, 5, 5)


def test_the_page_is_the_operators_and_each_look_is_on_record(desk: FlaskClient) -> None:
    before = database.session.scalar(database.select(database.func.count()).select_from(events))
    shown = desk.get("/operator/usage")
    assert shown.status_code == 200 and "fewer than 5" in shown.text
    rows = database.session.execute(database.select(events.c.action).order_by(events.c.number))
    made = rows.scalars().all()
    assert made[before:] == ["operator.counted"]
    assert str(clock.now().year) in shown.text
