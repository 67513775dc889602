"""Wall time to instant, over gaps and folds, in seven zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduler.wall_time import on_the_wall, resolve
from tests.examples import examples

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/St_Johns",
    )
]
walls = st.datetimes(datetime(2000, 1, 1), datetime(2045, 12, 31)).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)
zones = st.sampled_from(ZONES)
BERLIN = ZoneInfo("Europe/Berlin")


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


@given(walls, zones, st.booleans())
@settings(max_examples=examples(2000), deadline=None)
def test_a_resolved_time_reads_as_picked_or_says_why_not(
    wall: datetime, zone: ZoneInfo, second: bool
) -> None:
    found = resolve(wall, zone, second=second)
    assert found.instant.tzinfo is UTC
    if local(found.instant, zone) != wall:
        assert "does not exist" in found.note
        assert timedelta(0) < local(found.instant, zone) - wall <= timedelta(hours=24)


@given(walls, zones)
@settings(max_examples=examples(1000), deadline=None)
def test_the_second_of_a_doubled_hour_is_later_and_reads_the_same(
    wall: datetime, zone: ZoneInfo
) -> None:
    first, second = resolve(wall, zone), resolve(wall, zone, second=True)
    if first.is_doubled:
        assert second.instant > first.instant
        assert local(first.instant, zone) == local(second.instant, zone) == wall
    else:
        assert first == second


@given(st.datetimes(datetime(2000, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC)), zones)
@settings(max_examples=examples(1000), deadline=None)
def test_every_minute_that_exists_can_be_picked(instant: datetime, zone: ZoneInfo) -> None:
    instant = instant.replace(second=0, microsecond=0)
    if instant.astimezone(zone).utcoffset().seconds % 60:  # type: ignore[union-attr]
        return
    wall = on_the_wall(instant, zone)
    assert instant in {resolve(wall, zone).instant, resolve(wall, zone, second=True).instant}


@given(walls, zones)
@settings(max_examples=examples(500), deadline=None)
def test_later_wall_times_are_never_earlier_instants_outside_a_fold(
    wall: datetime, zone: ZoneInfo
) -> None:
    one, two = resolve(wall, zone), resolve(wall + timedelta(minutes=1), zone)
    if not one.is_doubled and not two.is_doubled and not one.note:
        assert two.instant > one.instant


def test_berlins_gap_shifts_forward_and_says_so() -> None:
    found = resolve(datetime(2026, 3, 29, 2, 30), BERLIN)
    assert found.instant == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert found.note == "02:30 does not exist that night in Europe/Berlin; we use 03:30."


def test_berlins_fold_takes_the_first_and_offers_the_second() -> None:
    wall = datetime(2026, 10, 25, 2, 30)
    assert resolve(wall, BERLIN).instant == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert resolve(wall, BERLIN, second=True).instant == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert "happens twice" in resolve(wall, BERLIN).note
    assert "(UTC+1)" in resolve(wall, BERLIN, second=True).note


def test_lord_howe_moves_by_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    found = resolve(datetime(2026, 10, 4, 2, 15), zone)
    assert local(found.instant, zone) == datetime(2026, 10, 4, 2, 45)


def test_apia_skipped_a_whole_day() -> None:
    zone = ZoneInfo("Pacific/Apia")
    found = resolve(datetime(2011, 12, 30, 12, 0), zone)
    assert local(found.instant, zone) == datetime(2011, 12, 31, 12, 0)
    assert "does not exist" in found.note


def test_an_aware_time_is_no_wall_time() -> None:
    with pytest.raises(ValueError, match="no zone"):
        resolve(datetime(2026, 1, 1, tzinfo=UTC), BERLIN)
