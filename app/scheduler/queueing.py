"""The order of what waits for the slots of one channel: which post goes into which of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import SystemRandom
from zoneinfo import ZoneInfo

from app.account.models import Membership
from app.db import db
from app.scheduler import free_slots
from app.scheduler.composing import settle, touch
from app.scheduler.events import note
from app.scheduler.models import Delivery, Post
from app.scheduler.states import PENDING, SCHEDULED
from app.scheduler.wall_time import on_the_wall

AHEAD = timedelta(minutes=2)  # what is due sooner is being prepared
Moves = list[tuple[Delivery, datetime]]


class Changed(Exception):
    """What waits is not what the order was made for."""


def queued(
    member: Membership, channel_id: int, now: datetime, *, hold: bool = False
) -> list[Delivery]:
    """What waits in slots of the channel, soonest first. `hold`: locked, and so are the slots."""
    if hold:
        free_slots.hold([channel_id])
    chosen = Delivery.of(member).where(
        Delivery.channel_id == channel_id,
        Delivery.in_slot,
        Delivery.state.in_((SCHEDULED, PENDING)),
        Delivery.due_at > now + AHEAD,
    )
    chosen = chosen.order_by(Delivery.due_at, Delivery.id)
    if hold:
        chosen = chosen.with_for_update(of=Delivery).execution_options(populate_existing=True)
    return list(db.session.scalars(chosen))


def shuffled(rows: Sequence[Delivery], member: Membership) -> list[int]:
    """Their ids in another order; what the person may not move stays in its place."""
    free = [n for n, one in enumerate(rows) if one.post.may_be_moved_by(member)]
    order = [one.id for one in rows]
    picked = [order[n] for n in free]
    for _ in range(10):
        SystemRandom().shuffle(picked)
        if picked != [order[n] for n in free]:
            break
    for n, id in zip(free, picked, strict=True):
        order[n] = id
    return order


def swapped(rows: Sequence[Delivery], id: int, by: int) -> list[int]:
    """The order in which that one goes one place up (-1) or down (1). Raises Changed at an end."""
    order = [one.id for one in rows]
    if id not in order or not 0 <= order.index(id) + by < len(order):
        raise Changed
    here = order.index(id)
    order[here], order[here + by] = order[here + by], order[here]
    return order


def moves(rows: Sequence[Delivery], order: Sequence[int]) -> Moves:
    """What goes elsewhere when they stand in that order. Raises Changed when they are others."""
    known = {one.id: one for one in rows}
    if sorted(order) != sorted(known):
        raise Changed
    times = [one.due_at for one in rows if one.due_at]
    return [(known[id], at) for id, at in zip(order, times, strict=True) if known[id].due_at != at]


def carry_out(found: Moves, member: Membership, zone: ZoneInfo, now: datetime) -> None:
    """First all let go of their slots, since no two may hold one, then each takes its new one."""
    for one, _ in found:
        one.in_slot = False
        one.lease_token, one.lease_until = one.lease_token + 1, None
    db.session.flush()
    for one, at in found:
        one.place(at, now, in_slot=True)
    for post in {one.post for one, _ in found}:
        _retime(post, zone, now)
        note(post, member, "moved", now)


def _retime(post: Post, zone: ZoneInfo, now: datetime) -> None:
    first = min(one.due_at for one in post.deliveries if one.due_at)
    post.wall_time, post.zone = on_the_wall(first, zone).isoformat()[:16], zone.key
    touch(post, now)
    settle(post, first, now)
