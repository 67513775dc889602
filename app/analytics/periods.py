"""Which days are looked at: whole local days of a person's zone, and the ones just before them.

Hours are whole hours since 1970 in UTC; one belongs to the local day in which it begins, also where a
zone is half an hour off."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

USUAL = (7, 30, 90)  # days
LONGEST = 731  # days of a range
YEAR = "year"  # to be compared with the same days a year before
EPOCH = date(1970, 1, 1)


class Offset(NamedTuple):
    """From this minute since 1970 on, so many minutes are added for the time on the wall."""

    since: int
    minutes: int


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included. `against`: what it is compared with, `year` for
    the same days a year before."""

    first: date
    last: date
    zone: ZoneInfo
    against: str = field(default="", compare=False)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def words(self) -> str:
        return said(self.first, self.last)

    @property
    def before(self) -> "Period":
        """What it is compared with. Of whole months as many months, else as many days, just before
        it; or the same days of an earlier year, so many years ago that none is in both."""
        first, after = self.first, self.last + DAY
        months = _months_between(first, after) if first.day == after.day == 1 else 0
        if self.against == YEAR:
            years = -(-months // 12) or -(-self.days // 365)
            return Period(_moved(first, -12 * years), _moved(after, -12 * years) - DAY, self.zone)
        begin = _moved(first, -months) if months else first - timedelta(days=self.days)
        return Period(begin, first - DAY, self.zone)

    @property
    def with_before(self) -> "Period":
        """From the first day of the one that it is compared with to its own last."""
        return Period(self.before.first, self.last, self.zone)

    @cached_property
    def begin(self) -> datetime:
        return midnight(self.first, self.zone)

    @cached_property
    def end(self) -> datetime:
        """The instant at which the last day is over."""
        return midnight(self.last + DAY, self.zone)

    @property
    def hours(self) -> tuple[int, int]:
        """The first hour, and the one after the last."""
        return -(-minute_of(self.begin) // 60), -(-minute_of(self.end) // 60)

    def dates(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))

    @cached_property
    def offsets(self) -> tuple[Offset, ...]:
        """How far the wall is from UTC, from the beginning on and after each change of the clock."""
        return tuple(_offsets(self.begin, self.end, self.zone))


DAY = timedelta(days=1)


def said(first: date, last: date, to: str = " to ") -> str:
    """`3 to 9 Nov 2026`, as short as it can be."""
    if first == last:
        return f"{last.day} {last:%b %Y}"
    month = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%b}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day}{month}{year}{to}{last.day} {last:%b %Y}"


def _months_between(first: date, later: date) -> int:
    return (later.year - first.year) * 12 + later.month - first.month


def _moved(day: date, months: int) -> date:
    """So many months on; the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins: the first that has its date, where the clocks jump
    over midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970."""
    return int(moment.timestamp() // 60)


def local_hour(hour: int, offsets: tuple[Offset, ...]) -> tuple[date, int]:
    """The local day and the hour on the wall in which an hour since 1970 begins."""
    minute = hour * 60 + offset_at(hour * 60, offsets)
    return EPOCH + timedelta(days=minute // 1440), minute % 1440 // 60


def offset_at(minute: int, offsets: tuple[Offset, ...]) -> int:
    return next((one.minutes for one in reversed(offsets) if one.since <= minute), 0)


def lately(days: int, today: date, zone: ZoneInfo) -> Period:
    """The last so many days, today among them."""
    return Period(today - timedelta(days=days - 1), today, zone)


def month_before(today: date, zone: ZoneInfo) -> Period:
    """The last month that is over."""
    last = today.replace(day=1) - DAY
    return Period(last.replace(day=1), last, zone)


def within_history(period: Period, history_days: int | None, today: date) -> Period:
    """The period as far as a plan's history reaches back; all of that history where it is older."""
    if history_days is None:
        return period
    held = lately(history_days, today, period.zone)
    if period.last < held.first:
        return replace(held, against=period.against)
    return replace(period, first=max(period.first, held.first))


def _offsets(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Offset]:
    """Clocks change at whole minutes and not twice a day: each day with a change is halved until
    the minute is found."""
    at, known = begin, _minutes(begin, zone)
    yield Offset(minute_of(begin), known)
    while at < end:
        later = min(at + DAY, end)
        if _minutes(later, zone) != known:
            changed = _change(minute_of(at), minute_of(later), zone)
            known = _minutes(later, zone)
            yield Offset(changed, known)
        at = later


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """The first minute with the later offset, between one with the old and one with the new."""
    was = _minutes(_at(low), zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _minutes(_at(middle), zone) == was else (low, middle)
    return high


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _minutes(moment: datetime, zone: ZoneInfo) -> int:
    shift = moment.astimezone(zone).utcoffset()
    assert shift is not None
    return int(shift.total_seconds() // 60)
