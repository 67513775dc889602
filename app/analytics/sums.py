"""Figures added up by the database: what is not told adds nothing, and alone it stays not told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Label, Row, case, func

from app.analytics.models import Measure, Tally
from app.networks.figures import ENGAGING, METRICS, Figures, added

Counted = type[Measure] | type[Tally]


@dataclass(frozen=True)
class Sum:
    """Of many posts or hours. A rate is taken of what tells both how often it was seen and how often
    somebody did something: `seen`, and `seen_engagements` of the same rows."""

    figures: Figures = field(default_factory=Figures)
    seen: int | None = None
    seen_engagements: int | None = None

    @property
    def engagements(self) -> int | None:
        return self.figures.engagements

    @property
    def rate(self) -> float | None:
        told = self.seen_engagements
        return told / self.seen if told is not None and self.seen and self.seen > 0 else None

    def __add__(self, other: "Sum") -> "Sum":
        pairs = zip(self.figures.values, other.figures.values, strict=True)
        return Sum(
            Figures(*(added(*pair) for pair in pairs)),
            added(self.seen, other.seen),
            added(self.seen_engagements, other.seen_engagements),
        )


def total(sums: Sequence[Sum]) -> Sum:
    return reduce(add, sums) if sums else Sum()


# Expressions are made once: building them costs more than what they ask.
@cache
def engagements(of: Counted) -> ColumnElement[Any]:
    """NULL when none of them is told."""
    columns = [getattr(of, name) for name in ENGAGING]
    all_told = reduce(add, (func.coalesce(column, 0) for column in columns))
    return case((func.coalesce(*columns).is_not(None), all_told))


@cache
def seen(of: Counted) -> ColumnElement[Any]:
    """What a rate is taken of."""
    return func.coalesce(of.impressions, of.reach)


@cache
def value_of(by: str) -> ColumnElement[Any]:
    """Of one post on one channel: one of METRICS, `engagements` or `rate`; NULL when not told."""
    if by in METRICS:
        return getattr(Measure, by)
    told = engagements(Measure)
    return told * 1.0 / func.nullif(seen(Measure), 0) if by == "rate" else told


@cache
def rated(of: Counted) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Engagements, and how often it was seen, of what tells both."""
    told, views = engagements(of), seen(of)
    return case((views.is_not(None), told)), case((told.is_not(None), views))


@cache
def sums(of: Counted) -> tuple[Label[Any], ...]:
    """The columns that `read` makes a Sum of."""
    engaged, views = rated(of)
    return (
        *(func.sum(getattr(of, name)).label(name) for name in METRICS),
        func.sum(views).label("seen"),
        func.sum(engaged).label("seen_engagements"),
    )


def read(row: Row[Any]) -> Sum:
    """Postgres adds whole numbers up to decimals."""
    found = row._mapping
    values = [_whole(found[name]) for name in METRICS]
    return Sum(Figures(*values), _whole(found["seen"]), _whole(found["seen_engagements"]))


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
