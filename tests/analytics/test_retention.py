"""Readings end when their network says so, and after 13 months at the latest; gains stay."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import clock
from app.analytics import jobs, retention
from app.analytics.models import Measure, Reading, Tally
from app.analytics.recording import Look, record
from app.analytics.taking_up import take_up
from app.db import db as database
from app.networks.figures import Figures
from app.networks.registry import ALL, NETWORKS
from app.privacy.retention import load_rules
from tests import make
from tests.analytics.things import published

DATABASES = ("sqlite",)


def test_no_network_lets_us_keep_more_than_the_rule_says(db: object) -> None:
    [clock_] = load_rules()["reading_13_months"].clocks
    assert clock_.column == "reading.at"
    assert timedelta(days=clock_.days) == retention.LONGEST
    assert all(retention.kept_for(network) <= retention.LONGEST for network in ALL)


@pytest.mark.parametrize(
    ("network", "days", "left"),
    [("linkedin", 364, 1), ("linkedin", 365, 0), ("mastodon", 365, 1)],
)
def test_a_reading_ends_with_its_networks_ceiling(
    db: object, network: str, days: int, left: int
) -> None:
    alice, at = make.alice(), clock.now() - timedelta(days=days)
    post = published(alice, make.channel(alice, network), at - timedelta(hours=1), "p1")
    take_up(None, at)
    record([Look(post.id, at, Figures(likes=4))])
    database.session.commit()
    jobs.tidy()
    assert database.session.scalar(select(func.count()).select_from(Reading)) == left
    assert database.session.scalar(select(func.sum(Tally.likes))) == 4
    assert database.session.get_one(Measure, post.id).likes == 4
    until = retention.kept_until(at, NETWORKS[network])
    assert (until > clock.now()) is bool(left)


def test_what_may_not_be_stored_is_never_asked_for() -> None:
    for network in ALL:
        assert not (network.metrics_kept == timedelta() and network.tells), network.slug
