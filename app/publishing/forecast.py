"""Until when each channel can publish, as far as is known, and which posts are due after that: told
days ahead, with the one thing that helps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from app.channels.models import Channel, ChannelGrant
from app.db import db, table
from app.scheduler.models import Delivery
from app.scheduler.states import PENDING, WAITING

AHEAD = timedelta(days=7)  # at the latest so long before the end it is told
channel, grant, row = table(Channel).c, table(ChannelGrant).c, table(Delivery).c

IS_BROKEN = channel.state == "needs_reconnect"
IS_ACTIVE = channel.state == "active"
TO_GO = row.state.in_((*WAITING, PENDING))


@dataclass(frozen=True)
class Outlook:
    """`until`: no refresh helps after this; None when no end is known. `posts` fall after it, the
    first of them at `first_at`. `is_uncertain`: a renewal was asked for and its answer was lost."""

    channel_id: int
    name: str
    network: str
    until: datetime | None
    is_broken: bool
    is_uncertain: bool
    posts: int
    first_at: datetime | None

    def is_near(self, now: datetime) -> bool:
        """Does somebody have to act soon?"""
        ends = self.until is not None and self.until <= now + AHEAD
        return self.is_broken or self.posts > 0 or ends


def of_organization(organization_id: int) -> dict[int, Outlook]:
    """Of each channel that is not disconnected, by its id."""
    stranded: dict[int, tuple[int, datetime | None]] = {}
    for chosen in (_after_broken(), _after_end()):
        found = db.session.execute(chosen.where(row.organization_id == organization_id))
        stranded |= {one[0]: (one[1], one[2]) for one in found}
    keys = (
        select(grant.channel_id, grant.ends_at, grant.is_uncertain)
        .join(table(Channel), channel.id == grant.channel_id)
        .where(channel.organization_id == organization_id)
    )
    ends = {id: (ends_at, doubt) for id, ends_at, doubt in db.session.execute(keys)}
    ours = select(Channel).where(
        Channel.organization_id == organization_id, Channel.state != "disconnected"
    )
    return {
        one.id: _outlook(one, *ends.get(one.id, (None, False)), *stranded.get(one.id, (0, None)))
        for one in db.session.scalars(ours.order_by(Channel.id))
    }


def _outlook(
    one: Channel, ends_at: datetime | None, doubt: bool, posts: int, first_at: datetime | None
) -> Outlook:
    is_broken = one.state == "needs_reconnect"
    until = one.checked_at if is_broken else ends_at
    return Outlook(one.id, one.handle, one.network_name, until, is_broken, doubt, posts, first_at)


def _after_broken() -> Select[Any]:
    """Per channel that is broken: how many posts wait, and when the first of them is due."""
    return _waiting().where(IS_BROKEN)


def _after_end() -> Select[Any]:
    """The same per channel that works, of what is due after its end."""
    ended = _waiting().join(table(ChannelGrant), grant.channel_id == channel.id)
    return ended.where(IS_ACTIVE, row.due_at >= grant.ends_at)


def _waiting() -> Select[Any]:
    return (
        select(row.channel_id, func.count(), func.min(row.due_at))
        .select_from(table(Delivery))
        .join(table(Channel), channel.id == row.channel_id)
        .where(TO_GO)
        .group_by(row.channel_id)
    )


def ends_soon(now: datetime) -> Select[Any]:
    """Ids of channels with keys whose people should be told now."""
    ends = and_(IS_ACTIVE, grant.ends_at <= now + AHEAD)
    return (
        select(channel.id)
        .join(table(ChannelGrant), grant.channel_id == channel.id)
        .where(or_(IS_BROKEN, ends))
    )


def _troubled() -> ColumnElement[int]:
    """For the shell of every page: more than 0 when somebody has to look after a channel soon.
    `soon`: a week from now."""
    ours = channel.organization_id == bindparam("organization_id")
    broken = select(func.count()).where(ours, IS_BROKEN)
    ending = (
        select(func.count())
        .select_from(table(ChannelGrant))
        .join(table(Channel), channel.id == grant.channel_id)
        .where(ours, IS_ACTIVE, grant.ends_at <= bindparam("soon"))
    )
    falling = (
        select(func.count())
        .select_from(table(Delivery))
        .join(table(Channel), channel.id == row.channel_id)
        .join(table(ChannelGrant), grant.channel_id == channel.id)
        .where(row.organization_id == bindparam("organization_id"), IS_ACTIVE, TO_GO)
        .where(row.due_at >= grant.ends_at)
    )
    return broken.scalar_subquery() + ending.scalar_subquery() + falling.scalar_subquery()


TROUBLED = _troubled()
