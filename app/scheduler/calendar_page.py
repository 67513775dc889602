"""The calendar as people look at it: a month of days, a week or a day of hours, a list."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.account.models import Membership
from app.scheduler import calendar_posts
from app.scheduler.calendar import DAY, WEEKDAYS, Hour, bounds, hours, midnights
from app.scheduler.calendar_asked import Asked
from app.scheduler.calendar_posts import Detail, Standing, Stretch
from app.scheduler.lists import first_words
from app.scheduler.states import WORDS

CHIPS = {"month": 4, "week": 3, "day": 100, "list": 12}  # of one cell; a day shows nearly all
QUIET = range(6)  # hours that are drawn flat while nothing stands there


@dataclass
class Chip:
    """A post at a time. `at` is that time on the wall, for who may move it; else ''."""

    id: int
    time: str
    words: str
    state: str
    state_word: str
    networks: list[str]
    at: str
    is_moved: bool
    author: str = ""
    labels: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"/posts/{self.id}"


@dataclass
class Cell:
    """A day or an hour. `at` is what it is called where a post is dropped: 2026-11-27, or
    2026-11-27T14 with `again` for an hour that comes twice; '' where it has passed."""

    at: str
    again: bool = False
    is_past: bool = False
    is_now: bool = False
    chips: list[Chip] = field(default_factory=list)
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.chips) + self.more


@dataclass
class Day:
    on: date
    url: str
    cell: Cell
    is_today: bool
    is_past: bool
    in_month: bool = True
    length: str = ""  # '23 hours' or '25 hours' where the clocks change

    @property
    def new_url(self) -> str:
        return f"/posts/new?on={self.on.isoformat()}"

    @property
    def name(self) -> str:
        return WEEKDAYS[self.on.weekday()]


@dataclass
class Row:
    """An hour across days; a cell is None where that day's clock does not show it."""

    wall: int
    again: bool
    cells: list[Cell | None]

    @property
    def is_quiet(self) -> bool:
        is_plain = not self.again and None not in self.cells
        return (
            self.wall in QUIET and is_plain and not any(cell and cell.count for cell in self.cells)
        )


@dataclass
class Laid:
    """`weeks` is of the month, `rows` of week and day, `days` of all."""

    days: list[Day]
    total: int
    weeks: list[list[Day]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    details: dict[int, Detail] = field(default_factory=dict)


@dataclass
class Layer:
    """Whoever looks, at what, and when; `moved` and `picked` are posts, 0 for none."""

    member: Membership
    asked: Asked
    zone: ZoneInfo
    now: datetime
    channels: Iterable[int]
    moved: int = 0
    picked: int = 0

    def lay_out(self) -> Laid:
        by_hours = self.asked.view in ("week", "day")
        return self._by_hours() if by_hours else self._by_days()

    def _by_days(self) -> Laid:
        asked, start, after = self.asked, self.asked.on, self.asked.after
        if asked.view == "month":
            start -= start.weekday() * DAY
            after += -(after - start).days % 7 * DAY
        days = [self._day(start + n * DAY) for n in range((after - start).days)]
        edges = midnights(start, len(days), self.zone)
        details = self._fill([day.cell for day in days], edges)
        total = sum(day.cell.count for day in days if day.in_month)
        weeks = [days[n : n + 7] for n in range(0, len(days), 7)]
        return Laid(days, total, weeks=weeks, details=details)

    def _by_hours(self) -> Laid:
        asked = self.asked
        days = [self._day(asked.on + n * DAY) for n in range((asked.after - asked.on).days)]
        found = [(day, hour) for day in days for hour in hours(day.on, self.zone)]
        end = bounds(asked.on, asked.after, self.zone)[1]
        edges = [hour.begin for _, hour in found] + [end]
        cells = [
            self._hour(day.on, hour, after)
            for (day, hour), after in zip(found, edges[1:], strict=True)
        ]
        details = self._fill(cells, edges)
        placed = {
            (day.on, hour.wall, hour.again): cell
            for (day, hour), cell in zip(found, cells, strict=True)
        }
        keys = sorted({key[1:] for key in placed})
        rows = [Row(*key, [placed.get((day.on, *key)) for day in days]) for key in keys]
        return Laid(days, sum(cell.count for cell in cells), rows=rows, details=details)

    def _day(self, on: date) -> Day:
        asked, today = self.asked, self.asked.today
        cell = Cell("" if on < today else on.isoformat())
        of_month = asked.view in ("week", "day") or on.month == asked.on.month
        begin, end = bounds(on, on + DAY, self.zone)
        long = (end - begin) / DAY * 24
        length = "" if long == 24 else f"{long:g} hours"
        return Day(on, asked.day_address(on), cell, on == today, on < today, of_month, length)

    def _hour(self, on: date, hour: Hour, end: datetime) -> Cell:
        is_past = hour.begin <= self.now
        at = "" if is_past else f"{on.isoformat()}T{hour.wall:02}"
        return Cell(at, hour.again, is_past, is_now=is_past and self.now < end)

    def _fill(self, cells: list[Cell], edges: list[datetime]) -> dict[int, Detail]:
        asked, most = self.asked, CHIPS[self.asked.view]
        found = calendar_posts.standing(self.member, edges, asked, self.channels, most)
        ids = {one.id for stretch in found for one in stretch.shown}
        details = calendar_posts.details(self.member, ids | ({self.picked} - {0}))
        for cell, stretch in zip(cells, found, strict=True):
            self._put(cell, stretch, details)
        if asked.view == "list":
            names = calendar_posts.labels(self.member, ids)
            for chip in (chip for cell in cells for chip in cell.chips):
                chip.labels = names.get(chip.id, [])
        return details

    def _put(self, cell: Cell, stretch: Stretch, details: dict[int, Detail]) -> None:
        cell.chips = [self._chip(one, details[one.id]) for one in stretch.shown]
        cell.more = stretch.total - len(cell.chips)

    def _chip(self, one: Standing, detail: Detail) -> Chip:
        wall = one.due_at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")
        return Chip(
            id=one.id,
            time=wall[11:],
            words=first_words(detail.words) or "Picture",
            state=one.state,
            state_word=WORDS[one.state],
            networks=detail.networks(one.due_at),
            at=wall if detail.may_move else "",
            is_moved=one.id == self.moved,
            author=detail.author or "Former member",
        )
