"""Collecting: who is asked when, what is written down, and what becomes of a refusal."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, http
from app.analytics import jobs, looking, taking_up
from app.analytics.models import Audience, ChannelLook, Measure, Reading, Tally
from app.channels.models import Channel, ChannelGrant
from app.db import db as database
from app.networks import Absent, Figures, Refused, Unknown
from app.networks.registry import NETWORKS
from app.privacy import restriction
from app.publishing import clones
from app.publishing.models import Budget
from app.scheduler.models import Delivery
from tests import make
from tests.analytics.things import Teller, published

Clock = Callable[..., None]


@pytest.fixture
def teller(monkeypatch: pytest.MonkeyPatch) -> Teller:
    made = Teller()
    monkeypatch.setitem(NETWORKS, "bluesky", made)
    return made


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Move the clock on."""
    real, ahead = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def move(**span: float) -> None:
        ahead[0] += timedelta(**span)

    return move


@pytest.fixture
def channel(db: object) -> Channel:
    return make.channel(make.alice(), "bluesky", "one")


@pytest.fixture
def post(channel: Channel) -> Delivery:
    return published(make.alice(), channel, clock.now() - timedelta(minutes=45), "p1")


def measure(delivery: Delivery) -> Measure:
    database.session.expire_all()
    return database.session.get_one(Measure, delivery.id)


def look(channel: Channel) -> ChannelLook:
    database.session.expire_all()
    return database.session.get_one(ChannelLook, channel.id)


def test_a_post_is_looked_at_after_an_hour_and_then_again(
    teller: Teller, post: Delivery, later: Clock
) -> None:
    teller.told["p1"] = Figures(likes=3, replies=0)
    assert jobs.is_wanted()
    jobs.collect()
    assert teller.asked == [] and not jobs.is_wanted()
    later(minutes=16)
    assert jobs.is_wanted()
    assert jobs.collect() == 1
    found = measure(post)
    assert (found.figures, found.trouble) == (Figures(likes=3, replies=0), "")
    assert found.fetched_at and found.next_at == found.fetched_at + timedelta(hours=1)
    assert jobs.collect() == 0 and len(teller.asked) == 1
    teller.told["p1"] = Figures(likes=5, replies=1)
    later(hours=1)
    assert jobs.collect() == 1
    assert database.session.scalar(select(func.sum(Tally.likes))) == 5
    assert database.session.scalar(select(func.count()).select_from(Reading)) == 2


def test_posts_of_a_channel_are_asked_about_together(
    teller: Teller, channel: Channel, later: Clock
) -> None:
    long_ago = clock.now() - timedelta(hours=2)
    for n in range(30):
        published(make.alice(), channel, long_ago, f"p{n}")
        teller.told[f"p{n}"] = Figures(likes=n)
    assert jobs.collect() == 30
    assert [len(ids) for ids in teller.asked] == [25, 5]


def test_what_has_no_name_there_or_tells_nothing_has_its_row_and_is_not_asked(
    teller: Teller, channel: Channel, post: Delivery
) -> None:
    wall = make.channel(make.alice(), "telegram", "two")
    silent = published(make.alice(), wall, clock.now() - timedelta(hours=3), "m1")
    nameless = published(make.alice(), channel, clock.now() - timedelta(hours=3), "x")
    nameless.external_id = None
    database.session.commit()
    jobs.collect()
    assert measure(silent).next_at is None and measure(nameless).next_at is None
    assert teller.asked == []


def test_publishing_goes_first(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    make.post(make.alice(), channel, due_at=clock.now() + timedelta(minutes=25))
    later(minutes=16)
    jobs.collect()
    assert teller.asked == []
    later(minutes=30)
    jobs.collect()
    assert teller.asked == [], "it has not left yet"
    database.session.query(Delivery).filter_by(state="scheduled").update({"state": "failed"})
    database.session.commit()
    later(minutes=16)
    jobs.collect()
    assert teller.asked == [["p1"]]


def test_half_of_a_budget_is_left_to_publishing(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    later(minutes=16)
    until = clock.now() + timedelta(minutes=15)
    budget = {"channel_id": channel.id, "action": "read", "most": 300}
    database.session.add(Budget(**budget, remaining=150, reset_at=until))
    database.session.commit()
    jobs.collect()
    assert teller.asked == []
    later(minutes=16)
    jobs.collect()
    assert teller.asked == [["p1"]]


def test_between_two_batches_it_is_asked_whether_publishing_needs_the_rest(
    teller: Teller, channel: Channel, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 300 requests the first batch leaves 140: the second waits until there is room again."""
    for n in range(30):
        published(make.alice(), channel, clock.now() - timedelta(hours=2), f"p{n}")
    teller.followers = 7

    async def measure(self: Teller, web: Any, account: Any, grant: Any, ids: list[str]) -> Any:
        self.asked.append(ids)
        told = {"ratelimit-limit": "300", "ratelimit-remaining": "140", "ratelimit-reset": "900"}
        web.hear(http.Answer(200, told, b"", "https://bsky.test"))
        return {id: Figures(likes=1) for id in ids}

    monkeypatch.setattr(Teller, "measure", measure)
    assert jobs.collect() == 25
    assert [len(ids) for ids in teller.asked] == [25]
    assert database.session.scalar(select(func.count()).select_from(Audience)) == 0
    later(minutes=16)
    assert jobs.collect() == 5
    assert [len(ids) for ids in teller.asked] == [25, 5]


def test_a_post_that_is_planned_during_a_visit_ends_it(
    teller: Teller, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(30):
        published(make.alice(), channel, clock.now() - timedelta(hours=2), f"p{n}")

    async def measure(self: Teller, web: Any, account: Any, grant: Any, ids: list[str]) -> Any:
        self.asked.append(ids)
        make.post(make.alice(), channel, due_at=clock.now() + timedelta(minutes=5))
        return {id: Figures(likes=1) for id in ids}

    monkeypatch.setattr(Teller, "measure", measure)
    assert jobs.collect() == 25 and len(teller.asked) == 1
    assert jobs.collect() == 0 and len(teller.asked) == 1


def test_nobody_begins_a_second_visit_while_a_long_one_goes_on(
    teller: Teller, channel: Channel, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(60):
        published(make.alice(), channel, clock.now() - timedelta(hours=2), f"p{n}")

    async def measure(self: Teller, web: Any, account: Any, grant: Any, ids: list[str]) -> Any:
        self.asked.append(ids)
        later(minutes=4)  # the third batch is begun after more than the first lease
        assert looking.begin(channel.id, clock.now()) is None
        database.session.commit()
        return {id: Figures(likes=1) for id in ids}

    monkeypatch.setattr(Teller, "measure", measure)
    assert jobs.collect() == 60
    assert [len(ids) for ids in teller.asked] == [25, 25, 10]


@pytest.mark.parametrize(
    ("answer", "word", "minutes"),
    [
        (Unknown("Silence."), "silent", 60),
        (Refused("No.", not_sent=True), "silent", 60),
        (Refused("Wait."), "refused", 24 * 60),
        (Refused("No.", permanent=True), "refused", 24 * 60),
        (Refused("Who?", reconnect=True), "keys", 6 * 60),
    ],
)
def test_a_refusal_is_noted_and_the_network_left_alone_for_a_while(
    teller: Teller,
    channel: Channel,
    post: Delivery,
    later: Clock,
    answer: Refused | Unknown,
    word: str,
    minutes: int,
) -> None:
    teller.answers, teller.told["p1"] = [answer], Figures(likes=2)
    later(minutes=16)
    jobs.collect()
    assert (measure(post).trouble, look(channel).trouble) == (word, word)
    assert measure(post).figures == Figures(), "no figure is made up"
    later(minutes=minutes - 1)
    assert jobs.collect() == 0 and len(teller.asked) == 1
    assert channel.state == "active", "publishing finds out for itself whether it works"
    later(minutes=2)
    assert jobs.collect() == 1
    assert (measure(post).trouble, look(channel).trouble) == ("", "")


def test_a_wait_that_the_network_asks_for_is_kept_to(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    later(minutes=16)
    teller.answers = [Refused("Wait.", retry_at=clock.now() + timedelta(minutes=90))]
    jobs.collect()
    assert measure(post).trouble == "wait"
    later(minutes=89)
    assert not jobs.is_wanted()
    jobs.collect()
    assert len(teller.asked) == 1
    later(minutes=2)
    jobs.collect()
    assert len(teller.asked) == 2


def test_a_stale_key_is_renewed_before_the_next_look(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    teller.answers = [Refused("Old.", stale_token=True)]
    later(minutes=16)
    jobs.collect()
    database.session.expire_all()
    kept = database.session.get_one(ChannelGrant, channel.id)
    assert kept.expires_at and kept.expires_at <= clock.now()


def test_a_post_that_is_gone_is_said_to_be_and_may_come_back(
    teller: Teller, post: Delivery, later: Clock
) -> None:
    teller.told["p1"] = Figures(likes=4)
    later(minutes=16)
    jobs.collect()
    teller.told["p1"] = Absent()
    later(hours=1)
    jobs.collect()
    since = measure(post).gone_at
    assert since and measure(post).likes == 4, "what it had is still counted"
    later(hours=2)
    jobs.collect()
    assert measure(post).gone_at == since and measure(post).unchanged == 2
    teller.told["p1"] = Figures(likes=6)
    later(hours=4)
    jobs.collect()
    assert measure(post).gone_at is None and measure(post).likes == 6


def disconnected(channel: Channel) -> None:
    channel.state = "disconnected"


def paused(channel: Channel) -> None:
    channel.state = "paused"


def restricted(channel: Channel) -> None:
    restriction.restrict(make.alice(), clock.now())


def closing(channel: Channel) -> None:
    make.member(make.alice()).organization.closing_at = clock.now()


@pytest.mark.parametrize("happens", [disconnected, paused, restricted, closing])
def test_a_channel_that_may_not_be_used_is_not_asked(
    teller: Teller, channel: Channel, post: Delivery, later: Clock, happens: Any
) -> None:
    jobs.collect()
    happens(channel)
    database.session.commit()
    later(hours=2)
    jobs.collect()
    assert teller.asked == [] and not jobs.is_wanted()
    jobs.tidy()
    assert (measure(post).next_at or clock.now()) > clock.now(), "it is not found at each tick"


def test_a_channel_that_lost_its_keys_in_between_is_left_alone(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    database.session.delete(database.session.get_one(ChannelGrant, channel.id))
    database.session.commit()
    later(minutes=16)
    jobs.collect()
    assert teller.asked == [] and measure(post).trouble == "keys"


def test_a_copy_of_another_instances_database_asks_nobody(
    teller: Teller, post: Delivery, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clones, "is_foreign", lambda: True)
    later(minutes=16)
    assert jobs.collect() == 0 and teller.asked == []


def test_followers_are_asked_for_once_a_day(teller: Teller, channel: Channel, later: Clock) -> None:
    for count in (7, 9, None):
        teller.followers = count
        jobs.collect()
        jobs.collect()
        later(days=1, minutes=1)
    rows = database.session.scalars(select(Audience).order_by(Audience.on)).all()
    assert [row.followers for row in rows] == [7, 9]
    assert rows[0].channel_id == channel.id


def test_a_bug_with_one_channel_stops_that_one_alone(
    teller: Teller, post: Delivery, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Teller):
        async def measure(self, *_: Any) -> Any:
            raise ZeroDivisionError

    broken = Broken()
    monkeypatch.setitem(NETWORKS, "mastodon", broken)
    other = make.channel(make.alice(), "mastodon", "two")
    published(make.alice(), other, clock.now() - timedelta(hours=2), "q1")
    teller.told["p1"] = Figures(likes=1)
    later(minutes=16)
    assert jobs.collect() == 1


def test_a_channel_is_looked_at_by_one_at_a_time(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    taking_up.take_up(None, clock.now())
    later(minutes=16)
    assert looking.begin(channel.id, clock.now())
    database.session.commit()
    assert taking_up.due(clock.now(), 9) == []
    assert looking.begin(channel.id, clock.now()) is None
    later(minutes=6)  # whoever looked has died
    assert looking.begin(channel.id, clock.now())


def test_collecting_twice_at_once_counts_once(
    teller: Teller, channel: Channel, post: Delivery, later: Clock
) -> None:
    teller.told["p1"] = Figures(likes=3)
    later(minutes=16)
    jobs.collect()
    database.session.get_one(ChannelLook, channel.id).not_before = None
    late = looking.Visit(channel.id, teller, channel.account, {"p1": post.id}, False)
    now = clock.now() - timedelta(seconds=20)
    assert looking._write_down(late, ["p1"], {"p1": Figures(likes=2)}, now) == 0
    database.session.commit()
    assert measure(post).likes == 3
    assert database.session.scalar(select(func.sum(Tally.likes))) == 3


def test_the_command_says_what_came_of_it(
    app: Flask, teller: Teller, post: Delivery, later: Clock
) -> None:
    teller.told["p1"] = Figures(likes=3)
    later(minutes=16)
    said = app.test_cli_runner().invoke(args=["metrics", "collect"])
    assert said.output == "1 posts told something new.\n"
