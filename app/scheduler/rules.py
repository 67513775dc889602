"""When something repeats: dates on a calendar and a time on a wall, never a number of hours. Instants
are worked out late, so that summer time and changed zones move nothing.

Weeks begin on Monday and are counted from the first date's; a month without the day is left out (RFC
5545 3.3.10); a time that does not exist shifts forward and one that is there twice is the first (3.3.5).
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.scheduler.wall_time import Resolved, resolve

DAY, WEEK, MONTH, SLOT = "day", "week", "month", "slot"  # slot: every so many days, in a free slot
UNITS = (DAY, WEEK, MONTH, SLOT)
LAST = 0  # in place of a day of the month
YEARS = 40  # that are looked ahead


@dataclass(frozen=True)
class Rule:
    """`weekdays` from 0, a Monday, count for weeks, `month_day` for months. Ends on a date, after so
    many times, or never."""

    unit: str
    every: int
    wall: time
    zone: ZoneInfo
    starts_on: date
    weekdays: frozenset[int] = frozenset()
    month_day: int = LAST
    ends_on: date | None = None
    count: int | None = None

    def dates(self) -> Iterator[date]:
        """Soonest first, from the first date on."""
        for number, on in enumerate(self._all(), 1):
            is_over = self.count is not None and number > self.count
            if is_over or (self.ends_on and on > self.ends_on):
                return
            yield on

    def resolved(self, on: date) -> Resolved:
        return resolve(datetime.combine(on, self.wall), self.zone)

    def instant(self, on: date) -> datetime:
        return self.resolved(on).instant

    def upcoming(self, after: datetime) -> Iterator[date]:
        """Those whose time comes after that instant; of a rule for slots, those from that day on."""
        if self.unit == SLOT:
            today = after.astimezone(self.zone).date()
            return (on for on in self.dates() if on > today)
        return (on for on in self.dates() if self.instant(on) > after)

    def begins(self, on: date) -> datetime:
        """The midnight from which a free slot is looked for."""
        return datetime.combine(on, time(), self.zone).astimezone(UTC)

    def _all(self) -> Iterator[date]:
        """Without those days that a zone left out: their time would be the next day's."""
        ways = {WEEK: self._weekly, MONTH: self._monthly}
        for on in ways.get(self.unit, self._daily)():
            if on >= self.starts_on and self._exists(on):
                yield on

    def _exists(self, on: date) -> bool:
        return self.instant(on).astimezone(self.zone).date() == on

    def _daily(self) -> Iterator[date]:
        for number in range(0, YEARS * 366, self.every):
            yield self.starts_on + timedelta(days=number)

    def _weekly(self) -> Iterator[date]:
        monday = self.starts_on - timedelta(days=self.starts_on.weekday())
        for number in range(0, YEARS * 53, self.every):
            for day in sorted(self.weekdays):
                yield monday + timedelta(weeks=number, days=day)

    def _monthly(self) -> Iterator[date]:
        first = self.starts_on.year * 12 + self.starts_on.month - 1
        for number in range(first, first + YEARS * 12, self.every):
            year, month = number // 12, number % 12 + 1
            longest = monthrange(year, month)[1]
            if self.month_day <= longest:
                yield date(year, month, self.month_day or longest)
