"""From weekly slots to instants, and which of them are free. Two people who ask at once get different
ones: who asks first holds the channel's slots until the commit, and an index of the database lets
only one delivery of a channel hold an instant."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from app.channels.models import Channel
from app.db import among, db, table
from app.scheduler.models import Delivery, Post
from app.scheduler.slots import Slot
from app.scheduler.states import CANCELLED, EDITABLE, LIVE, PENDING
from app.scheduler.wall_time import resolve

WEEK = timedelta(days=7)
FARTHEST = timedelta(days=731)
TAKES = (*LIVE, PENDING)
row = table(Delivery).c


@dataclass(frozen=True)
class Place:
    """Where a channel's delivery would go; `is_kept`: it holds that slot already. `at` is None when the
    channel has no slot that is free within two years."""

    channel: Channel
    at: datetime | None
    has_slots: bool
    is_kept: bool = False


def coming(slots: Iterable[Slot], after: datetime) -> Iterator[datetime]:
    """The instants of all of them after that one, soonest first, each once, for ever."""
    merged = heapq.merge([after], *(_weekly(one, after) for one in slots))
    return (later for sooner, later in pairwise(merged) if later != sooner)


def _weekly(slot: Slot, after: datetime) -> Iterator[datetime]:
    zone, wall = ZoneInfo(slot.zone), time.fromisoformat(slot.wall_time)
    day = after.astimezone(zone).date() - timedelta(days=1)
    day += timedelta(days=(slot.weekday - day.weekday()) % 7)
    while True:
        instant = resolve(datetime.combine(day, wall), zone).instant
        if instant > after:
            yield instant
        day += WEEK


def places(
    channels: Iterable[Channel], now: datetime, *, post: Post | None = None, hold: bool = False
) -> list[Place]:
    """The next free slot of each channel. `post`: the one that is edited keeps those that it has.
    `hold`: until the commit nobody else finds them free."""
    chosen = list(channels)
    known = _slots_of([one.id for one in chosen], hold=hold)
    taken = _taken([one.id for one in chosen], now, besides=post.id if post else 0)
    kept = _kept(post, now) if post else {}
    found = []
    for channel in chosen:
        own = known.get(channel.id, [])
        at = kept.get(channel.id) or next(free(own, taken.get(channel.id, set()), now), None)
        found.append(Place(channel, at, bool(own), channel.id in kept))
    return found


def free(slots: Iterable[Slot], taken: set[datetime], now: datetime) -> Iterator[datetime]:
    """The instants, soonest first, at which nothing of the channel is due."""
    for instant in coming(slots, now):
        if instant > now + FARTHEST:
            return
        if instant not in taken:
            yield instant


def hold(ids: Iterable[int]) -> None:
    """Until the commit nobody else gives out slots of these channels."""
    _slots_of(list(ids), hold=True)


def _slots_of(ids: list[int], *, hold: bool) -> dict[int, list[Slot]]:
    chosen = select(Slot).where(among(table(Slot).c.channel_id, ids))
    chosen = chosen.order_by(Slot.channel_id, Slot.id)  # all lock in one order
    found: dict[int, list[Slot]] = {}
    for one in db.session.scalars(chosen.with_for_update(of=Slot) if hold else chosen):
        found.setdefault(one.channel_id, []).append(one)
    return found


def _taken(ids: list[int], now: datetime, *, besides: int) -> dict[int, set[datetime]]:
    """What is due on each channel, or holds a slot though it is held back, by the index's own rule."""
    takes = or_(row.state.in_(TAKES), and_(row.in_slot, row.state != CANCELLED))
    due = select(row.channel_id, row.due_at).where(
        among(row.channel_id, ids), takes, row.due_at > now, row.post_id != besides
    )
    found: dict[int, set[datetime]] = {}
    for channel_id, due_at in db.session.execute(due):
        found.setdefault(channel_id, set()).add(due_at)
    return found


def _kept(post: Post, now: datetime) -> dict[int, datetime]:
    return {
        one.channel_id: one.due_at
        for one in post.deliveries
        if one.in_slot and one.due_at and one.due_at > now and one.state in EDITABLE
    }


def ahead(
    channels: Iterable[Channel], now: datetime, until: datetime
) -> dict[datetime, list[Channel]]:
    """The free slots until then, each with the channels that have it."""
    chosen = list(channels)
    ids = [one.id for one in chosen]
    known, taken = _slots_of(ids, hold=False), _taken(ids, now, besides=0)
    found: dict[datetime, list[Channel]] = {}
    for channel in chosen:
        for instant in free(known.get(channel.id, []), taken.get(channel.id, set()), now):
            if instant > until:
                break
            found.setdefault(instant, []).append(channel)
    return found
