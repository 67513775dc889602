"""How many follow the channels."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, or_, select

from app.account.models import Membership
from app.analytics.models import Audience
from app.analytics.periods import Period, said
from app.channels.models import Channel
from app.db import db


class Followers(NamedTuple):
    """Of one channel: when last told within the period, and what it was when last told in the one that
    this is compared with."""

    on: date
    now: int
    before: int | None


def counted_on(told: Iterable[Followers]) -> str:
    """`on 23 Nov 2026`, or between which days."""
    days = sorted(one.on for one in told)
    return f"{'on' if days[0] == days[-1] else 'between'} {said(days[0], days[-1], ' and ')}"


def by_channel(member: Membership, period: Period) -> dict[int, Followers]:
    """Channels of which it was told in the period; days of a count are UTC."""
    before = period.before
    is_now = case((Audience.on >= period.first, 1), else_=0).label("is_now")
    newest = func.row_number().over(
        partition_by=(Audience.channel_id, is_now), order_by=Audience.on.desc()
    )
    days = (
        select(Audience.channel_id, is_now, Audience.on, Audience.followers)
        .add_columns(newest.label("newest"))
        .join(Channel, Channel.id == Audience.channel_id)
        .where(
            Channel.organization_id == member.organization_id,
            or_(
                Audience.on.between(period.first, period.last),
                Audience.on.between(before.first, before.last),
            ),
        )
        .subquery()
    )
    rows = db.session.execute(select(days).where(days.c.newest == 1)).all()
    was = {row.channel_id: row.followers for row in rows if not row.is_now}
    return {
        row.channel_id: Followers(row.on, row.followers, was.get(row.channel_id))
        for row in rows
        if row.is_now
    }


def of_days(found: Mapping[date, int], period: Period) -> Followers | None:
    """Of one channel, from its days in the period and in the one that it is compared with."""
    now = max((on for on in found if period.first <= on <= period.last), default=None)
    then = period.before
    before = max((on for on in found if then.first <= on <= then.last), default=None)
    if now is None:
        return None
    return Followers(now, found[now], found[before] if before else None)


def by_day(channel: Channel, period: Period) -> dict[date, int]:
    """Days on which it was told."""
    rows = db.session.execute(
        select(Audience.on, Audience.followers).where(
            Audience.channel_id == channel.id,
            Audience.on >= period.first,
            Audience.on <= period.last,
        )
    )
    return {row.on: row.followers for row in rows}
