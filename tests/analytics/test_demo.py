"""What the demo shows of its analytics, on whatever day it is planted."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app import demo
from app.account.models import Organization, User
from app.analytics.best_time import Sample, judge
from app.config import Settings
from app.db import db as database
from app.demo import ahead, past, strangers
from app.demo.audience import CROWDS, told
from app.demo.past import dues
from app.demo.people import ZONE
from app.demo.texts import IN_CAMPAIGN, TAKEN_DOWN, TEXTS
from app.networks.registry import NETWORKS
from app.operator import usage

DATABASES = ("sqlite",)
FIRST = datetime(2026, 11, 26, 13, tzinfo=UTC)
THURSDAYS_AT_5 = 3 * 24 + 17


@pytest.mark.parametrize("day", range(8))
def test_the_wall_has_a_best_time_whatever_day_it_is(day: int) -> None:
    now, [wall] = FIRST + timedelta(days=day), [one for one in CROWDS if one.network == "sandbox"]
    samples = []
    for n, (text, due) in enumerate(zip(TEXTS, dues(len(TEXTS), now), strict=True)):
        *_, (_, last) = told(wall, NETWORKS["sandbox"], text, due, now)
        if due < now - timedelta(days=3):
            samples.append(Sample(n, 1, due, last.engagements or 0, last.seen))
    answer = judge(samples, ZONE)
    assert THURSDAYS_AT_5 in [one.number for one in answer.best]


def test_ninety_days_have_ninety_days_before_them() -> None:
    due = dues(len(TEXTS), FIRST)
    assert due == sorted(set(due))
    assert due[0] < FIRST - timedelta(days=175)
    assert FIRST - timedelta(days=5) < due[-1] < FIRST - timedelta(days=1)


def test_what_is_told_only_grows_and_is_told_until_the_timetable_ends() -> None:
    assert TAKEN_DOWN in TEXTS
    assert set(IN_CAMPAIGN) < set(TEXTS)
    for crowd in CROWDS:
        looks = list(
            told(crowd, NETWORKS[crowd.network], TEXTS[0], FIRST, FIRST + timedelta(days=99))
        )
        every = [[value or 0 for value in figures.values] for _, figures in looks]
        for one, after in pairwise(every):
            assert all(a <= b for a, b in zip(one, after, strict=True))
        assert timedelta(days=90) <= looks[-1][0] - FIRST < timedelta(days=91)


def test_the_desk_has_whole_groups_to_count_and_nobody_to_let_in(db: object) -> None:
    strangers.plant(FIRST)
    counted = usage.count(FIRST)
    assert sum(week.people is not None for week in counted.weeks) > 6
    assert sum(week.posts.total is not None for week in counted.weeks) > 6
    assert all(count is not None for _, count in counted.waits)
    assert counted.writing
    assert {one.password_hash for one in database.session.scalars(database.select(User))} == {None}


def test_a_real_instance_counts_only_its_own(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "is_production", property(lambda _: True))
    for part in (past, ahead):
        monkeypatch.setattr(part, "plant", lambda *_: None)
    demo.plant(FIRST)
    names = database.session.scalars(database.select(Organization.name)).all()
    assert names == ["Blue Orchard Coffee"]
