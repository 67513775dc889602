"""What an address of the calendar asks for: which view, which days, which posts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.scheduler.calendar import DAY, YEARS
from app.scheduler.lists import SHOWN
from app.web import ids

VIEWS = {"month": "Month", "week": "Week", "day": "Day", "list": "List"}
FILTERS = ("channel", "state", "label", "author")
SPAN = {
    "month": "month",
    "week": "week",
    "day": "day",
    "list": "month",
}  # that its days are named by


@dataclass(frozen=True)
class Asked:
    """`on` is the first day that the view is about: the 1st, a Monday, or the day itself. `filters`
    holds what was chosen, as the address spells it."""

    view: str
    on: date
    today: date
    filters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, str], today: date, day: str = "") -> "Asked | None":
        """None for an address that no page of ours has. `day` is one that the path names."""
        view = "day" if day else given.get("view") or "month"
        if view not in VIEWS:
            return None
        on = _date(SPAN[view], day or given.get(SPAN[view], ""), today)
        filters = {name: given[name] for name in FILTERS if given.get(name)}
        if on is None or filters.get("state", SHOWN[0]) not in SHOWN:
            return None
        numbers = [filters[name] for name in FILTERS if name in filters and name != "state"]
        return cls(view, on, today, filters) if len(ids(numbers)) == len(numbers) else None

    @classmethod
    def at(cls, address: str, today: date) -> "Asked":
        """Of an address of ours; the month of today for any other."""
        parts = urlsplit(address)
        day = parts.path.removeprefix("/calendar").strip("/")
        return cls.read(dict(parse_qsl(parts.query)), today, day) or cls(
            "month", _first(today), today
        )

    def chosen(self, name: str) -> int:
        """The number of a filter; 0 when it is not set."""
        return int(self.filters.get(name, "0"))

    @property
    def after(self) -> date:
        """The first day that the view is not about any more."""
        spans = {"week": 7 * DAY, "day": DAY}
        return self.on + spans[self.view] if self.view in spans else _first(self.on + 32 * DAY)

    @property
    def is_current(self) -> bool:
        return self.on <= self.today < self.after

    @property
    def title(self) -> str:
        first, last = self.on, self.after - DAY
        if self.view == "day":
            return f"{first:%A} {first.day} {first:%B %Y}"
        if self.view != "week":
            return f"{first:%B %Y}"
        begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
        begin += f" {first.year}" if first.year != last.year else ""
        return f"{begin} – {last.day} {last:%b %Y}"

    @property
    def address(self) -> str:
        if self.view == "day":
            return self.day_address(self.on)
        return "/calendar?" + urlencode(self.span | self.filters)

    @property
    def span(self) -> dict[str, str]:
        """View and days as the address spells them."""
        if self.view == "day":
            return {}
        name = SPAN[self.view]
        on = f"{self.on:%Y-%m}" if name == "month" else self.on.isoformat()
        return {"view": self.view, name: on}

    def day_address(self, day: date) -> str:
        """That day, with the same filters."""
        query = urlencode(self.filters)
        return f"/calendar/{day.isoformat()}" + (f"?{query}" if query else "")

    def seen_as(self, view: str) -> "Asked":
        """Another view: of today, when that is in sight."""
        day = self.today if self.is_current else self.on
        return replace(self, view=view, on=_begin(SPAN[view], day))

    @property
    def previous(self) -> "Asked":
        return replace(self, on=_begin(SPAN[self.view], self.on - DAY))

    @property
    def next(self) -> "Asked":
        return replace(self, on=self.after)

    @property
    def now(self) -> "Asked":
        return replace(self, on=_begin(SPAN[self.view], self.today))

    @property
    def unfiltered(self) -> "Asked":
        return replace(self, filters={})

    @property
    def moving(self) -> str:
        """The address at which a post looks for another time, up to its id; a list has no places."""
        shown = self.seen_as("month") if self.view == "list" else self
        return f"{shown.address}{'&' if '?' in shown.address else '?'}move="


def _date(span: str, text: str, today: date) -> date | None:
    if not text:
        return _begin(span, today)
    try:
        found = date.fromisoformat(f"{text}-01" if span == "month" else text)
    except ValueError:
        return None
    return _begin(span, found) if found.year in YEARS else None


def _begin(span: str, day: date) -> date:
    if span == "month":
        return _first(day)
    return day - timedelta(days=day.weekday()) if span == "week" else day


def _first(day: date) -> date:
    return day.replace(day=1)
