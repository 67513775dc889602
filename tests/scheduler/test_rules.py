"""Rules of repetition, over seven zones and twenty years, against the calendar and RFC 5545.

Zones: Berlin and New York change in spring and autumn; Lord Howe by half an hour; Cairo and Beirut at
midnight; Apia left out 30 December 2011; Kathmandu never changes and is off by 45 minutes. The dates
of change are those of the tz database that `zoneinfo` reads (tzdata)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduler.rules import DAY, LAST, MONTH, WEEK, Rule
from tests.examples import examples

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Beirut",
    "Pacific/Apia",
    "Asia/Kathmandu",
)
FIRST, AFTER = date(2010, 1, 1), date(2030, 1, 1)
MOST_SHIFT = timedelta(hours=1)
walls = st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("wall", [time(0, 30), time(2, 15), time(9)])
def test_each_day_of_twenty_years_is_at_its_time_on_the_wall(zone: str, wall: time) -> None:
    rule = Rule(DAY, 1, wall, ZoneInfo(zone), FIRST, ends_on=AFTER)
    dates = list(rule.dates())
    every = {FIRST + timedelta(days=n) for n in range((AFTER - FIRST).days + 1)}
    left_out = {date(2011, 12, 30)} if zone == "Pacific/Apia" else set()
    assert set(dates) == every - left_out
    instants = [rule.instant(on) for on in dates]
    assert all(one < other for one, other in pairwise(instants)), "never two at once, never back"
    for on, instant in zip(dates, instants, strict=True):
        local = instant.astimezone(rule.zone)
        shift = local.replace(tzinfo=None) - datetime.combine(on, wall)
        assert timedelta(0) <= shift <= MOST_SHIFT
        assert local.date() == on
        if shift:
            assert rule.resolved(on).note, "a gap is said"
        earlier = (instant - MOST_SHIFT / 2).astimezone(rule.zone).replace(tzinfo=None)
        earliest = (instant - MOST_SHIFT).astimezone(rule.zone).replace(tzinfo=None)
        assert datetime.combine(on, wall) not in (earlier, earliest), "of two the first"


def test_gaps_and_folds_are_the_known_ones() -> None:
    """Berlin: EU directive 2000/84/EC, last Sundays of March and October at 1:00 UTC."""
    rule = Rule(DAY, 1, time(2, 30), ZoneInfo("Europe/Berlin"), date(2027, 1, 1), count=365)
    noted = {on: rule.resolved(on) for on in rule.dates() if rule.resolved(on).note}
    assert list(noted) == [date(2027, 3, 28), date(2027, 10, 31)]
    assert noted[date(2027, 3, 28)].instant == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert noted[date(2027, 10, 31)].instant == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@settings(max_examples=examples(60))
@given(
    zone=st.sampled_from(ZONES),
    wall=walls,
    start=st.dates(date(2006, 1, 1), date(2025, 12, 31)),
    every=st.integers(1, 60),
)
def test_every_so_many_days(zone: str, wall: time, start: date, every: int) -> None:
    rule = Rule(DAY, every, wall, ZoneInfo(zone), start)
    dates = list(islice(rule.dates(), 30))
    assert all((on - start).days % every == 0 for on in dates)
    gaps = {(other - one).days for one, other in pairwise(dates)}
    assert gaps <= {every, 2 * every}
    assert gaps == {every} or zone == "Pacific/Apia"


@settings(max_examples=examples(60))
@given(
    zone=st.sampled_from(ZONES),
    start=st.dates(date(2006, 1, 1), date(2025, 12, 31)),
    every=st.integers(1, 8),
    days=st.frozensets(st.integers(0, 6), min_size=1),
)
def test_weeks_are_counted_from_the_first_ones_monday(
    zone: str, start: date, every: int, days: frozenset[int]
) -> None:
    rule = Rule(WEEK, every, time(9), ZoneInfo(zone), start, days)
    monday = start - timedelta(days=start.weekday())
    found = list(islice(rule.dates(), 20))
    wanted = [
        on
        for on in (start + timedelta(days=n) for n in range((found[-1] - start).days + 1))
        if on.weekday() in days and (on - monday).days // 7 % every == 0
    ]
    assert found == [on for on in wanted if (zone, on) != ("Pacific/Apia", date(2011, 12, 30))]


@settings(max_examples=examples(60))
@given(
    start=st.dates(date(2006, 1, 1), date(2025, 12, 31)),
    every=st.integers(1, 12),
    day=st.integers(0, 31),
)
def test_months_without_the_day_are_left_out(start: date, every: int, day: int) -> None:
    rule = Rule(MONTH, every, time(9), ZoneInfo("Europe/Berlin"), start, month_day=day)
    for on in islice(rule.dates(), 15):
        assert on >= start
        assert (on.year * 12 + on.month - start.year * 12 - start.month) % every == 0
        assert on.day == day or (day == LAST and (on + timedelta(days=1)).day == 1)


def test_the_last_day_and_the_thirty_first() -> None:
    """RFC 5545 3.3.10: a date that does not exist is ignored."""
    last, never = (
        Rule(MONTH, 1, time(9), ZoneInfo("UTC"), date(2027, 1, 31), month_day=day, count=4)
        for day in (LAST, 31)
    )
    assert [f"{on:%m-%d}" for on in last.dates()] == ["01-31", "02-28", "03-31", "04-30"]
    assert [f"{on:%m-%d}" for on in never.dates()] == ["01-31", "03-31", "05-31", "07-31"]
    february = Rule(MONTH, 12, time(9), ZoneInfo("UTC"), date(2027, 2, 1), month_day=30)
    assert list(february.dates()) == [], "and a search without end comes to one"


def test_a_rule_ends_on_its_date_or_after_its_count() -> None:
    rule = Rule(DAY, 2, time(9), ZoneInfo("UTC"), date(2027, 1, 1), ends_on=date(2027, 1, 5))
    assert [on.day for on in rule.dates()] == [1, 3, 5]
    after = datetime(2027, 1, 3, 9, tzinfo=UTC)
    assert [on.day for on in rule.upcoming(after)] == [5]
