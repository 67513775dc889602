"""Whole local days, through every change of the clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.analytics.periods import YEAR, Period, lately, local_hour, midnight, within_history

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


@pytest.mark.parametrize(
    ("first", "last", "before", "a_year_before"),
    [("2026-10-01", "2026-10-31", "1 to 30 Sep 2026", "1 to 31 Oct 2025"),
     ("2026-03-01", "2026-03-31", "1 to 28 Feb 2026", "1 to 31 Mar 2025"),
     ("2024-02-01", "2024-02-29", "1 to 31 Jan 2024", "1 to 28 Feb 2023"),
     ("2026-01-01", "2026-03-31", "1 Oct to 31 Dec 2025", "1 Jan to 31 Mar 2025"),
     ("2024-01-01", "2024-12-31", "1 Jan to 31 Dec 2023", "1 Jan to 31 Dec 2023"),
     ("2026-11-01", "2026-11-24", "8 to 31 Oct 2026", "1 to 24 Nov 2025"),
     ("2026-10-02", "2026-10-31", "2 Sep to 1 Oct 2026", "2 to 31 Oct 2025"),
     ("2024-02-29", "2024-02-29", "28 Feb 2024", "28 Feb 2023"),
     ("2025-01-01", "2026-01-01", "1 Jan to 31 Dec 2024", "1 Jan 2023 to 1 Jan 2024")],
)  # fmt: skip
def test_a_month_is_compared_with_the_month_before_or_with_a_year_before(
    first: str, last: str, before: str, a_year_before: str
) -> None:
    period = Period(date.fromisoformat(first), date.fromisoformat(last), BERLIN)
    assert period.before.words == before
    earlier = replace(period, against=YEAR)
    assert earlier.before.words == a_year_before and earlier.before.last < period.first


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
