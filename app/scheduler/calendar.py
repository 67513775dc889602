"""Local days and hours as instants: what the calendar's cells stand for, also when the clocks change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

YEARS = range(2000, 2101)  # that are looked at
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY, HOUR, STEP = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)


@dataclass(frozen=True)
class Hour:
    """What the wall calls that hour. `again`: the clock shows it a second time that day."""

    wall: int
    again: bool
    begin: datetime


def bounds(first: date, after: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which local days begin and end."""
    begin, end = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (first, after))
    return begin, end


def midnights(first: date, days: int, zone: ZoneInfo) -> list[datetime]:
    """The instants at which that many local days begin, and the last one's end."""
    return [bounds(first, first + n * DAY, zone)[1] for n in range(days + 1)]


def hours(day: date, zone: ZoneInfo) -> list[Hour]:
    """24 of them; 23 or 25 when the clocks change, none where the calendar leaves a day out."""
    begin, end = bounds(day, day + DAY, zone)
    is_plain = end - begin == 24 * HOUR and begin.astimezone(zone).hour == 0
    found: dict[tuple[int, timedelta | None], datetime] = {}
    for at in _steps(begin, end, HOUR if is_plain else STEP):
        local = at.astimezone(zone)
        found.setdefault((local.hour, None if is_plain else local.utcoffset()), at)
    seen: set[int] = set()
    made = []
    for (wall, _), at in found.items():
        made.append(Hour(wall, wall in seen, at))
        seen.add(wall)
    return made


def _steps(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += step
