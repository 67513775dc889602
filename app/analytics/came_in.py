"""What came in during a period: on which day, on which channel."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select

from app.account.models import Membership
from app.analytics import fetched
from app.analytics.fetched import Fetched
from app.analytics.local_time import day_of_publication, day_of_tally
from app.analytics.models import Measure, Tally
from app.analytics.periods import EPOCH, Period
from app.analytics.sums import Sum, read, sums
from app.db import db

LOCAL_DAY: ColumnElement[int] = literal_column("local_day")


class Posts(NamedTuple):
    """Of one channel. `published`: in the period. `fetched`: when all those were last told of which
    something can have come in during the period, also older ones."""

    published: int
    before: int
    fetched: Fetched | None


def by_day(member: Membership, period: Period, only: int | None = None) -> dict[date, Sum]:
    """Only days on which something was told. `only`: the id of a channel."""
    rows = db.session.execute(
        select(day_of_tally(period), *sums(Tally))
        .where(*_came(member, period, only))
        .group_by(LOCAL_DAY)
    )
    return {_date(row.local_day): read(row) for row in rows}


def by_channel(member: Membership, period: Period) -> dict[tuple[int, bool], Sum]:
    """Of the period (True) and of the one it is compared with (False), by channel."""
    is_now = case((Tally.hour >= period.hours[0], 1), else_=0).label("is_now")
    rows = db.session.execute(
        select(Tally.channel_id, is_now, *sums(Tally))
        .where(*_came(member, period.with_before), _either_hour(period))
        .group_by(Tally.channel_id, literal_column("is_now"))
    )
    return {(row.channel_id, bool(row.is_now)): read(row) for row in rows}


def posts_by_channel(member: Membership, period: Period) -> dict[int, Posts]:
    """A post on three channels is three: each is looked at for itself."""
    is_now, is_before = went_out_in(period), went_out_in(period.before)
    adds = Measure.fetched_at >= period.begin  # what came in later belongs to a later period
    rows = db.session.execute(
        select(
            Measure.channel_id,
            func.sum(case((is_now, 1), else_=0)).label("now"),
            func.sum(case((is_before, 1), else_=0)).label("before"),
            *fetched.columns(adds),
        )
        .where(
            Measure.organization_id == member.organization_id,
            Measure.published_at < period.end,
            or_(Measure.published_at >= period.before.begin, adds),
        )
        .group_by(Measure.channel_id)
    )
    return {row.channel_id: Posts(int(row.now), int(row.before), fetched.read(row)) for row in rows}


def posts_by_day(member: Membership, period: Period, only: int | None = None) -> dict[date, int]:
    """How many went out on each day that saw one."""
    rows = db.session.execute(
        select(day_of_publication(period), func.count().label("posts"))
        .where(*went_out(member, period, only))
        .group_by(LOCAL_DAY)
    )
    return {_date(row.local_day): row.posts for row in rows}


def went_out(
    member: Membership, period: Period, only: int | None = None
) -> list[ColumnElement[bool]]:
    """That a post went out in the period."""
    ours = [Measure.organization_id == member.organization_id, went_out_in(period)]
    return ours if only is None else [*ours, Measure.channel_id == only]


def went_out_in(period: Period) -> ColumnElement[bool]:
    """Of whichever organisation."""
    return and_(Measure.published_at >= period.begin, Measure.published_at < period.end)


def _either_hour(period: Period) -> ColumnElement[bool]:
    """In the period or in the one it is compared with: months may lie between them."""
    return or_(Tally.hour >= period.hours[0], Tally.hour < period.before.hours[1])


def _came(member: Membership, period: Period, only: int | None = None) -> list[ColumnElement[bool]]:
    first, after = period.hours
    ours = [
        Tally.organization_id == member.organization_id,
        Tally.hour >= first,
        Tally.hour < after,
    ]
    return ours if only is None else [*ours, Tally.channel_id == only]


def _date(days: int) -> date:
    return EPOCH + timedelta(days=int(days))
