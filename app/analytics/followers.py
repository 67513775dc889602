"""How many follow the channels."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, select

from app.account.models import Membership
from app.analytics.models import Audience
from app.analytics.periods import Period
from app.channels.models import Channel
from app.db import db


class Followers(NamedTuple):
    """Of one channel: when last told within the period, and when last told before it."""

    on: date
    now: int
    before: int | None


def by_channel(member: Membership, period: Period) -> dict[int, Followers]:
    """Channels of which it was told in the period; days of a count are UTC."""
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
            Audience.on <= period.last,
            Audience.on >= period.before.first,
        )
        .subquery()
    )
    rows = db.session.execute(select(days).where(days.c.newest == 1)).all()
    before = {row.channel_id: row.followers for row in rows if not row.is_now}
    return {
        row.channel_id: Followers(row.on, row.followers, before.get(row.channel_id))
        for row in rows
        if row.is_now
    }


def of_days(found: Mapping[date, int], period: Period) -> Followers | None:
    """Of one channel, from its days in the period and in the one before."""
    now = max((on for on in found if on >= period.first), default=None)
    before = max((on for on in found if on < period.first), default=None)
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
