"""From the clock to the hour's gains, through a real adapter and over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import clock
from app.analytics import jobs
from app.analytics.models import Audience, ChannelLook, Measure, Tally
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db as database
from app.networks import Account, Grant
from app.networks.registry import NETWORKS
from app.publishing.models import WAIT, Budget
from app.scheduler.models import Delivery
from tests import make
from tests.analytics.things import published
from tests.servers.doubles import Standing
from tests.servers.doubles.mastodon import Mastodon

DATABASES = ("sqlite",)


@pytest.fixture(scope="module")
def running() -> Iterator[Mastodon]:
    made = Mastodon()
    yield made
    made.stop()


@pytest.fixture
def double(running: Mastodon) -> Mastodon:
    running.reset()
    running.counts, running.followers = {}, None
    running.reading_faults.clear()
    return running


@pytest.fixture
def channel(db: object, double: Mastodon) -> Channel:
    account = Account("mastodon", double.url, "1", "alice@mastodon.test", "Alice A.", "")
    grant = Grant(double.key(*NETWORKS["mastodon"].scopes), None)
    made = attach(make.member(make.alice()), account, grant, clock.now())
    database.session.commit()
    return made


@pytest.fixture
def post(channel: Channel, double: Mastodon) -> Delivery:
    at = (clock.now() - timedelta(hours=2)).isoformat()
    double.posts["101"] = Standing("101", "Hello", "1", more={"created_at": at})
    return published(make.alice(), channel, clock.now() - timedelta(hours=2), "101")


def measure(delivery: Delivery) -> Measure:
    database.session.expire_all()
    return database.session.get_one(Measure, delivery.id)


def test_what_the_server_counts_is_counted_by_the_hour(double: Mastodon, post: Delivery) -> None:
    double.counts, double.followers = {"101": {"likes": 3, "reposts": 2, "replies": 0}}, 12
    assert jobs.collect() == 1
    found = measure(post).figures
    assert (found.likes, found.reposts, found.replies, found.impressions) == (3, 2, 0, None)
    assert database.session.scalar(select(func.sum(Tally.likes))) == 3
    assert database.session.scalars(select(Audience.followers)).all() == [12]


def test_a_wait_is_kept_to_and_known_to_the_budgets(
    double: Mastodon, channel: Channel, post: Delivery
) -> None:
    double.reading_faults.extend(["429 seconds", "429 seconds"])
    assert jobs.collect() == 0
    assert measure(post).trouble == "wait"
    look = database.session.get_one(ChannelLook, channel.id)
    assert look.not_before and timedelta(seconds=60) < look.not_before - clock.now()
    budget = database.session.get_one(Budget, (channel.id, f"read{WAIT}"))
    assert budget.remaining == 0 and budget.reset_at > clock.now()


@pytest.mark.parametrize(
    ("happens", "word"), [("500 before", "silent"), ("garbage", "silent"), ("revoked", "keys")]
)
def test_what_does_not_come_is_said_and_changes_nothing(
    double: Mastodon, channel: Channel, post: Delivery, happens: str, word: str
) -> None:
    if happens == "revoked":
        double.revoked |= set(double.tokens)
    else:
        double.reading_faults.append(happens)
    assert jobs.collect() == 0
    assert measure(post).trouble == word and measure(post).likes is None
    database.session.refresh(channel)
    assert channel.state == "active"


def test_a_post_that_was_deleted_there_is_said_to_be_gone(double: Mastodon, post: Delivery) -> None:
    double.posts.clear()
    jobs.collect()
    assert measure(post).gone_at and measure(post).trouble == ""
