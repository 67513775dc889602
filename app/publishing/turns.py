"""Whose turn it is: organisations one after the other, of a channel a few at once, within what its
network allows, and after an outage with a space between."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from app.account.models import Organization, User
from app.channels.models import Channel
from app.db import among, db, table
from app.publishing.models import OF_POSTS, Budget
from app.publishing.welcome import OVERDUE, is_overdue, is_too_late, works
from app.publishing.writing import row
from app.scheduler.states import ASKING, SCHEDULED, WAITING

if TYPE_CHECKING:
    from app.publishing.claiming import Claimed

AT_ONCE = 4  # deliveries of one channel in flight
SPACING = timedelta(seconds=60)  # between overdue deliveries of one channel
channel = table(Channel).c


def waits(now: datetime) -> ColumnElement[bool]:
    """Its channel has used up what the network allows, or sent something overdue just now."""
    spent = select(Budget.channel_id).where(
        Budget.action.in_(OF_POSTS), Budget.remaining <= 0, Budget.reset_at > now
    )
    spaced = select(Channel.id).where(Channel.sent_at >= now - SPACING)
    waits = or_(row.channel_id.in_(spent), and_(is_overdue(now), row.channel_id.in_(spaced)))
    return and_(row.state.in_(WAITING), waits)


def _is_welcome(now: datetime) -> ColumnElement[bool]:
    """The channel works, and the post is not so late that a person must decide."""
    return or_(row.state.in_(ASKING), and_(works(), ~is_too_late(now)))


def ready(now: datetime, pool: Collection[int]) -> Select[Any]:
    """Of these, what may leave; `room`: how many of its channel may fly."""
    room = case(
        (row.state.in_(ASKING), AT_ONCE),
        (is_overdue(now), 1),
        (and_(Budget.reset_at > now, Budget.remaining < AT_ONCE), Budget.remaining),
        else_=AT_ONCE,
    )
    return (
        select(row.id, row.not_before, row.organization_id, row.channel_id, room.label("room"))
        .join(Channel, Channel.id == row.channel_id)
        .join(Organization, Organization.id == row.organization_id)
        .outerjoin(User, User.id == Channel.connected_by_id)
        .outerjoin(Budget, and_(Budget.channel_id == row.channel_id, Budget.action == "post"))
        .where(among(row.id, pool), _is_welcome(now))
    )


def _in_turn(ready: Select[Any], most: int) -> Select[Any]:
    """Ids with their channels: each organisation's first, then each one's second; of a channel as many
    as may fly."""
    found = ready.subquery().c
    turn = func.row_number().over(partition_by=found.organization_id, order_by=found.not_before)
    place = func.row_number().over(partition_by=found.channel_id, order_by=found.not_before)
    places = (turn.label("turn"), place.label("place"))
    columns = (found.id, found.channel_id, found.not_before, found.room, *places)
    numbered = select(*columns).subquery().c
    fitting = select(numbered.id, numbered.channel_id).where(numbered.place <= numbered.room)
    return fitting.order_by(numbered.turn, numbered.not_before).limit(most)


def fitting(ready: Select[Any], most: int, flying: Mapping[int, int]) -> list[int]:
    """Ids of those whose turn it is; with what is in flight no channel has more than may fly."""
    aloft = Counter(flying)
    ids = []
    for id, channel_id in db.session.execute(_in_turn(ready, most)):
        aloft[channel_id] += 1
        if aloft[channel_id] <= AT_ONCE:
            ids.append(id)
    return ids


def is_spaced(work: "Claimed", now: datetime) -> bool:
    """The same as `is_overdue`, of what is in our hands."""
    return work.state == SCHEDULED and now - work.due_at > OVERDUE


def take(works: Sequence["Claimed"], now: datetime) -> list["Claimed"]:
    """Those that may leave now: of the overdue ones of a channel the one that was due first, unless
    another left within the minute. Several may have been made ready at the same time; who takes the
    channel's minute is decided by its row."""
    spaced = sorted((w for w in works if is_spaced(w, now)), key=lambda w: (w.due_at, w.id))
    if not spaced:
        return list(works)
    rested = or_(channel.sent_at.is_(None), channel.sent_at < now - SPACING)
    free = update(table(Channel)).where(among(channel.id, {w.channel_id for w in spaced}), rested)
    taken = set(db.session.scalars(free.values(sent_at=now).returning(channel.id)))
    waiting = set()
    for work in spaced:
        if work.channel_id not in taken:
            waiting.add(work.id)
        taken.discard(work.channel_id)
    return [work for work in works if work.id not in waiting]
