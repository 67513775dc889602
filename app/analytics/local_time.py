"""The time on a person's wall, in SQL of either database.

Group by the name of the label: Postgres takes two equal expressions with parameters for different."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Label, case, cast, func, literal

from app.analytics.models import Measure, Tally
from app.analytics.periods import Period

MONDAY = 72  # hours from the first Monday's midnight to 1970, a Thursday


def day_of_tally(period: Period) -> Label[int]:
    """`local_day`: days since 1970 on the wall."""
    minute = Tally.hour * 60
    return ((minute + _offset(minute, period)) // 1440).label("local_day")


def day_of_publication(period: Period) -> Label[int]:
    """`local_day` of a post."""
    return (_published(period) // 1440).label("local_day")


def hour_of_week(period: Period) -> Label[int]:
    """`week_hour` of a post: 0 is Monday 00:00 on the wall, 167 Sunday 23:00."""
    return ((_published(period) // 60 + MONDAY) % 168).label("week_hour")


def _published(period: Period) -> ColumnElement[int]:
    """Minutes on the wall since 1970."""
    minute = cast(func.floor(func.extract("epoch", Measure.published_at) / 60), Integer)
    return minute + _offset(minute, period)


def _offset(minute: ColumnElement[int], period: Period) -> ColumnElement[Any]:
    first, *changes = period.offsets
    if not changes:
        return literal(first.minutes)
    later = [(minute >= one.since, one.minutes) for one in reversed(changes)]
    return case(*later, else_=first.minutes)
