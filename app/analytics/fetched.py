"""When the networks told what a figure is made of. Posts are asked one by one, the old ones seldom, so it
is a span of time and not one moment."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Label, Row, case, func, true

from app.analytics.models import Measure

APART = timedelta(hours=1)  # nearer moments are said as one: no post is asked more often


class Fetched(NamedTuple):
    """Each post is as it was last told: the longest ago at `first`, the latest at `last`."""

    first: datetime
    last: datetime

    @property
    def is_span(self) -> bool:
        return self.last - self.first > APART


def columns(
    of: ColumnElement[bool] | None = None,
) -> tuple[Label[datetime | None], Label[datetime | None]]:
    """What `read` makes a Fetched of: over those measures of a group that fit."""
    moment = case((true() if of is None else of, Measure.fetched_at))
    return func.min(moment).label("fetched_first"), func.max(moment).label("fetched_last")


def read(row: Row[*tuple[Any, ...]]) -> Fetched | None:
    """None when nothing was fetched."""
    return Fetched(row.fetched_first, row.fetched_last) if row.fetched_last else None


def of(moments: Iterable[datetime | None]) -> Fetched | None:
    told = [moment for moment in moments if moment]
    return Fetched(min(told), max(told)) if told else None


def over(spans: Iterable[Fetched | None]) -> Fetched | None:
    """Of all of them together."""
    return of(moment for span in spans if span for moment in span)
