"""Whole local days, through every change of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.analytics.periods import Period, lately, local_hour, midnight, within_history

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Asia/Beirut",
     "America/Havana", "Pacific/Chatham", "UTC"],
)  # fmt: skip
def test_each_hour_of_a_year_stands_on_the_day_and_hour_of_the_wall(zone: str) -> None:
    here = ZoneInfo(zone)
    period = Period(date(2026, 1, 1), date(2026, 12, 31), here)
    first, after = period.hours
    for hour in range(first, after):
        wall = datetime.fromtimestamp(hour * 3600, UTC).astimezone(here)
        assert local_hour(hour, period.offsets) == (wall.date(), wall.hour)
    assert local_hour(first, period.offsets)[0] == period.first
    assert local_hour(after - 1, period.offsets)[0] == period.last


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_a_day_on_which_the_clock_changes_is_shorter_or_longer(
    day: tuple[int, int, int], hours: int
) -> None:
    one = Period(date(*day), date(*day), BERLIN)
    assert one.hours[1] - one.hours[0] == hours
    assert one.end - one.begin == timedelta(hours=hours)


def test_a_day_that_begins_at_one_begins_there() -> None:
    """Clocks in Beirut jump from midnight to one."""
    assert midnight(date(2026, 3, 29), ZoneInfo("Asia/Beirut")) == datetime(
        2026, 3, 28, 22, tzinfo=UTC
    )


def test_the_period_before_has_as_many_days_and_ends_where_this_one_begins() -> None:
    period = lately(30, date(2026, 11, 24), BERLIN)
    assert (period.first, period.days) == (date(2026, 10, 26), 30)
    assert (period.before.first, period.before.last) == (date(2026, 9, 26), date(2026, 10, 25))
    assert period.before.end == period.begin
    assert list(period.with_before.dates()) == [*period.before.dates(), *period.dates()]


def test_history_cuts_what_is_older() -> None:
    today = date(2026, 11, 24)
    quarter = lately(90, today, BERLIN)
    assert within_history(quarter, None, today) == quarter
    assert within_history(quarter, 30, today) == lately(30, today, BERLIN)
    old = Period(date(2026, 1, 1), date(2026, 1, 31), BERLIN)
    assert within_history(old, 30, today) == lately(30, today, BERLIN)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [((2026, 11, 3), (2026, 11, 9), "3 to 9 Nov 2026"),
     ((2026, 10, 28), (2026, 11, 2), "28 Oct to 2 Nov 2026"),
     ((2025, 12, 28), (2026, 1, 2), "28 Dec 2025 to 2 Jan 2026"),
     ((2026, 11, 3), (2026, 11, 3), "3 Nov 2026")],
)  # fmt: skip
def test_a_period_is_said_as_shortly_as_can_be(
    first: tuple[int, int, int], last: tuple[int, int, int], words: str
) -> None:
    assert Period(date(*first), date(*last), BERLIN).words == words
