"""From figures by day to the chart of them and the rows of the table behind it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from app.analytics import wording
from app.analytics.charts.lines import Lines, Point, evenly
from app.analytics.periods import YEAR, Period
from app.analytics.sums import Sum, total

DAILY = 100  # days; a longer period is drawn by weeks
TICKS = 5
BESIDE = {"": "The period before", YEAR: "A year before"}
NO_DAY = "no such day"  # the period before is the shorter one
WORDS = {
    "engagements": "Engagements",
    "impressions": "Impressions",
    "rate": "Engagement rate",
    "posts": "Posts published",
}


class Step(NamedTuple):
    """One day or week of the chart: its days, and those it is compared with."""

    days: list[date]
    before: list[date]

    @property
    def label(self) -> str:
        first, last = self.days[0], self.days[-1]
        return day(first) if first == last else f"{day(first)} to {day(last)}"


class Row(NamedTuple):
    label: str
    value: str
    before: str


@dataclass(frozen=True)
class Picture:
    title: str
    svg: Markup
    rows: list[Row]
    unit: str
    before: str  # what the other line is called; empty when there is none
    is_empty: bool
    note: str = ""


def day(this: date) -> str:
    return f"{this:%a} {this.day} {this:%b %Y}"


def say(by: str) -> Callable[[float | None], str]:
    return wording.percent if by == "rate" else wording.count


def value_of(found: Sum, by: str) -> float | None:
    if by == "rate":
        return found.rate
    return found.engagements if by == "engagements" else found.figures.impressions


def steps(period: Period, before: Period | None) -> list[Step]:
    """Days, or weeks of seven days counted from the first one; the last may be shorter."""
    size = 1 if period.days <= DAILY else 7
    now, then = list(period.dates()), list(before.dates()) if before else []
    return [Step(now[n : n + size], then[n : n + size]) for n in range(0, len(now), size)]


def figures_drawn(
    found: Mapping[date, Sum], by: str, period: Period, before: Period | None
) -> Picture:
    """Days on which nothing came in count as such from the first day that is known on."""
    known = min(found, default=None)

    def value(days: Sequence[date]) -> float | None:
        if known is None or not days or days[-1] < known:
            return None
        told = value_of(total([found[one] for one in days if one in found]), by)
        is_told = any(value_of(one, by) is not None for one in found.values())
        return 0 if told is None and is_told and by != "rate" else told

    return draw(by, period, before, value)


def posts_drawn(found: Mapping[date, int], period: Period, before: Period | None) -> Picture:
    def value(days: Sequence[date]) -> float | None:
        return sum(found.get(one, 0) for one in days) if days else None

    return draw("posts", period, before, value)


def draw(
    by: str, period: Period, before: Period | None, value: Callable[[Sequence[date]], float | None]
) -> Picture:
    chosen, speak = steps(period, before), say(by)
    beside = BESIDE[period.against] if before else ""
    values = [(one, value(one.days), value(one.before)) for one in chosen]
    rows = [
        Row(one.label, speak(now), speak(then) if one.before else NO_DAY)
        for one, now, then in values
    ]
    unit = "day" if period.days <= DAILY else "week"
    title = f"{WORDS[by]} by {unit}"
    points = [
        Point(place, _said(row, beside), now, then)
        for place, row, (_, now, then) in zip(evenly(len(chosen)), rows, values, strict=True)
    ]
    least = 0.0001 if by == "rate" else 1
    axis = _axis_words(by)
    lines = Lines(f"{title}, {period.words}", points, list(_ticks(chosen)), axis, least=least)
    is_empty = all(now is None and then is None for _, now, then in values)
    return Picture(title, lines.draw(), rows, unit, beside, is_empty, _rest(period, before))


def _rest(period: Period, before: Period | None) -> str:
    """What a shorter period has no place for beside it: February beside January."""
    rest = before.days - period.days if before else 0
    if rest <= 0:
        return ""
    days = "last day" if rest == 1 else f"last {rest} days"
    return f"The {days} of the period before have no day beside them here; the figures above hold them."


def _axis_words(by: str) -> Callable[[float], str]:
    return wording.percent if by == "rate" else wording.short


def _said(row: Row, beside: str) -> str:
    words = f"{row.label}: {row.value}"
    return f"{words}; {beside.lower()}: {row.before}" if beside else words


def _ticks(chosen: Sequence[Step]) -> Iterator[tuple[float, str]]:
    """A few of them, the first and the last among them."""
    places = evenly(len(chosen))
    count = min(TICKS, len(chosen))
    for n in sorted({round(place * (len(chosen) - 1)) for place in evenly(count)}):
        first = chosen[n].days[0]
        yield places[n], f"{first.day} {first:%b}"


def followers_drawn(found: Mapping[date, int], period: Period) -> Picture | None:
    """By day, as told; None when that was on fewer than two days. The axis need not begin at 0:
    a change is small against the whole."""
    days = [Step([one], []) for one in period.dates()]
    if sum(one.days[0] in found for one in days) < 2:
        return None
    values = [found.get(one.days[0]) for one in days]
    rows = [Row(one.label, wording.count(now), "") for one, now in zip(days, values, strict=True)]
    title = "Followers by day"
    points = [
        Point(place, _said(row, ""), now)
        for place, row, now in zip(evenly(len(days)), rows, values, strict=True)
    ]
    name = f"{title}, {period.words}"
    lines = Lines(name, points, list(_ticks(days)), wording.short, from_zero=False)
    note = "So that a change can be seen, the axis does not begin at 0."
    return Picture(title, lines.draw(), rows, "day", "", False, note)
