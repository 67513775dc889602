"""At which hours of the week posts went out, and how they did."""

from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import ColumnElement, case, func, literal_column, select, true

from app.account.models import Membership
from app.analytics import wording
from app.analytics.came_in import went_out
from app.analytics.charts import heat
from app.analytics.charts.heat import Cell, Heat
from app.analytics.local_time import hour_of_week
from app.analytics.models import Measure
from app.analytics.periods import Period
from app.analytics.sums import engagements, seen, value_of
from app.db import db


class WeekMap(NamedTuple):
    """The drawing, the words of its strongest cell, and the rows of the table behind: when, how many
    posts, how they did. `is_empty`: there is nothing that was told."""

    svg: Markup
    most: str
    rows: list[tuple[str, int, str]]
    is_empty: bool


def draw(cells: Heat, name: str, by: str) -> WeekMap:
    speak = _speak(by)

    def say(cell: Cell) -> str:
        posts = f"{cell.posts} post{'s' if cell.posts != 1 else ''}"
        return f"{posts}: {speak(cell.value)}"

    rows = [
        (f"{heat.LONG[day]} {hour:02}:00", cell.posts, speak(cell.value))
        for (day, hour), cell in sorted(cells.items())
    ]
    is_empty = all(cell.value is None for cell in cells.values())
    return WeekMap(heat.draw(name, cells, say), speak(heat.strongest(cells)), rows, is_empty)


def _speak(by: str) -> Callable[[float | None], str]:
    return wording.percent if by == "rate" else wording.decimal


def by_hour(
    member: Membership,
    period: Period,
    by: str,
    only: int | None = None,
    also: ColumnElement[bool] | None = None,
) -> Heat:
    """By weekday and hour on the wall: how many posts went out, and what one of them got on average,
    among those of which it is told. A rate is of all of them together."""
    above, below = _parts(by)
    chosen = select(
        hour_of_week(period),
        func.count().label("posts"),
        func.sum(case((below.is_not(None), above))).label("above"),
        func.sum(case((above.is_not(None), below))).label("below"),
    )
    ours = [*went_out(member, period, only), true() if also is None else also]
    rows = db.session.execute(chosen.where(*ours).group_by(literal_column("week_hour")))
    return {divmod(int(row.week_hour), 24): Cell(row.posts, _mean(row)) for row in rows}


def _parts(by: str) -> tuple[Any, Any]:
    if by == "rate":
        return engagements(Measure), seen(Measure)
    value = value_of(by)
    return value, case((value.is_not(None), 1))


def _mean(row: Any) -> float | None:
    return None if row.above is None or not row.below else float(row.above) / float(row.below)
