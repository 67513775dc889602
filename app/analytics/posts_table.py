"""All posts of a period, sorted and found."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from app.account.models import Membership
from app.analytics.came_in import went_out
from app.analytics.labelled import carries
from app.analytics.models import Measure
from app.analytics.periods import Period
from app.analytics.ranking import Placed, place, placed
from app.analytics.sums import value_of
from app.analytics.wording import METRICS
from app.db import db
from app.scheduler.models import Post

PER_PAGE = 25
SORTS = {
    "published": "Newest first",
    "engagements": "Engagements",
    "rate": "Rate",
    **METRICS,
    "clicks": "Clicks",
}
COLUMNS = ("impressions", "engagements", "rate", "likes", "replies", "reposts", "clicks")


class Wanted(NamedTuple):
    """`only`: the id of a channel. `label`: of a label or campaign. `text`: words of the post. `page`
    begins at 1."""

    sort: str = "published"
    is_rising: bool = False
    only: int | None = None
    text: str = ""
    page: int = 1
    label: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What the table shows: a metric that is none of the usual ones when it is sorted by it."""
        return COLUMNS if self.sort in ("published", *COLUMNS) else (*COLUMNS, self.sort)

    def is_further(self, name: str) -> bool:
        """Whether a phone does without the column: it has room for two."""
        second = "rate" if self.sort in ("published", "engagements") else self.sort
        return name not in ("engagements", second)


def rows(member: Membership, period: Period, wanted: Wanted) -> tuple[list[Placed], int]:
    """One page of posts, each on one channel, and how many there are in all. What is not told stands
    last, whichever way it is sorted."""
    chosen = placed().where(*fitting(member, period, wanted))
    total = db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    value = _value(wanted.sort)
    order = value.asc() if wanted.is_rising else value.desc()
    found = db.session.execute(
        chosen.order_by(order.nulls_last(), Measure.delivery_id.desc())
        .limit(PER_PAGE)
        .offset((wanted.page - 1) * PER_PAGE)
    )
    return [place(row) for row in found], total


def fitting(member: Membership, period: Period, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Of a measure, its delivery and its post: that it is looked for."""
    found = went_out(member, period, wanted.only)
    if wanted.label:
        found.append(carries(member, wanted.label))
    if wanted.text:
        found.append(Post.text.icontains(wanted.text, autoescape=True))
    return found


def _value(sort: str) -> ColumnElement[Any]:
    if sort == "published":
        return Measure.__table__.c.published_at
    return value_of(sort)
