"""Channels that the plan has no room for: they stay connected and their keys are kept, but nothing leaves
on them. What waits for them is held, and comes back with its channel. The caller commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, update

from app.channels.models import Channel
from app.db import among, db, table
from app.scheduler import noting
from app.scheduler.models import Delivery, Post
from app.scheduler.states import (
    HELD,
    NO_PLACE,
    NOT_ASKED,
    PATIENCE,
    PENDING,
    PUBLISHED,
    SCHEDULED,
    SET_ASIDE,
    WAITING,
)
from app.scheduler.summing import sum_up_posts

BROUGHT_BACK = "There is a place for its channel again."
LATELY = timedelta(days=30)
SHOWN = 20  # posts of one channel that a page lists
row, channel = table(Delivery).c, table(Channel).c
# What leaves by itself; what went out unknown to us is asked about first, and held after that.
IS_KNOWN = or_(row.unknown_since.is_(None), row.unknown_since != NOT_ASKED)
WAITS = or_(
    and_(row.state.in_(WAITING), IS_KNOWN), and_(row.state == PENDING, row.due_at.is_not(None))
)
WILL_WAIT = or_(WAITS, and_(row.state == HELD, row.hold == NO_PLACE))


@dataclass(frozen=True)
class Use:
    """Of one channel: what went out lately and what waits, with the first of it by time."""

    lately: int = 0
    waiting: int = 0
    first_at: datetime | None = None


def set_aside(organization_id: int, ids: Collection[int], now: datetime) -> int:
    """Hold what waits for these channels; how many deliveries. What is leaving at this moment goes out."""
    db.session.execute(_channels(organization_id, ids).values(set_aside_at=now))
    held = db.session.execute(
        update(table(Delivery))
        .where(*_theirs(organization_id, ids), WAITS)
        .values(state=HELD, hold=NO_PLACE, reason=SET_ASIDE, told_at=None)
        .values(lease_token=row.lease_token + 1, lease_until=None)
        .returning(row.id, row.post_id)
    )
    return _follow(held.all(), noting.HELD, now)


def bring_back(organization_id: int, ids: Collection[int], now: datetime) -> int:
    """What was held goes on: at its time, once approved, or, when that has passed, as the late policy
    says; how many deliveries."""
    db.session.execute(_channels(organization_id, ids).values(set_aside_at=None))
    asks = and_(row.needs_approval, row.approved_hash != row.content_hash)
    anew: dict[str, Any] = {"record": None, "prepared_hash": "", "prepare_after": None, "claims": 0}
    back = db.session.execute(
        update(table(Delivery))
        .where(*_theirs(organization_id, ids), row.state == HELD, row.hold == NO_PLACE)
        .values(state=case((asks, PENDING), else_=SCHEDULED), hold="", reason="", told_at=None)
        .values(not_before=row.due_at, patience=PATIENCE, lease_token=row.lease_token + 1, **anew)
        .returning(row.id, row.post_id)
    )
    return _follow(back.all(), noting.GOING, now, BROUGHT_BACK)


def _channels(organization_id: int, ids: Collection[int]) -> Any:
    ours = channel.organization_id == organization_id
    return update(table(Channel)).where(ours, among(channel.id, ids))


def _theirs(organization_id: int, ids: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return row.organization_id == organization_id, among(row.channel_id, ids)


def _follow(rows: Sequence[Row[Any]], kind: str, now: datetime, words: str | None = None) -> int:
    noting.note(kind, [one.id for one in rows], now, words)
    sum_up_posts({one.post_id for one in rows})
    db.session.expire_all()
    return len(rows)


def count(organization_id: int) -> int:
    """How many channels are set aside."""
    ours = (channel.organization_id == organization_id, channel.set_aside_at.is_not(None))
    return db.session.scalar(select(func.count()).where(*ours)) or 0


def count_held(organization_id: int) -> int:
    """How many deliveries are held since their channels have no place."""
    ours = (row.organization_id == organization_id, row.state == HELD, row.hold == NO_PLACE)
    return db.session.scalar(select(func.count()).where(*ours)) or 0


def use_of(organization_id: int, now: datetime) -> dict[int, Use]:
    """By channel; channels of which nothing is known are not in it."""
    is_late = and_(row.state == PUBLISHED, row.published_at > now - LATELY)
    waits = case((WILL_WAIT, row.due_at))
    counted = select(
        row.channel_id, func.sum(case((is_late, 1), else_=0)), func.count(waits), func.min(waits)
    )
    ours = row.organization_id == organization_id
    found = db.session.execute(
        counted.where(ours, or_(is_late, WILL_WAIT)).group_by(row.channel_id)
    )
    return {id: Use(int(lately), waiting, first) for id, lately, waiting, first in found}


def posts_that_wait(organization_id: int) -> dict[int, list[tuple[Post, datetime]]]:
    """By channel, the first of them by time: those that would be held, or are."""
    number = func.row_number().over(partition_by=row.channel_id, order_by=(row.due_at, row.id))
    ours = (row.organization_id == organization_id, WILL_WAIT)
    chosen = select(row.channel_id, row.post_id, row.due_at, number.label("n")).where(*ours)
    found = chosen.subquery().c
    posts = (
        select(found.channel_id, Post, found.due_at)
        .join(Post, Post.id == found.post_id)
        .where(Post.organization_id == organization_id, found.n <= SHOWN)
        .order_by(found.channel_id, found.n)
    )
    listed: dict[int, list[tuple[Post, datetime]]] = {}
    for id, post, due_at in db.session.execute(posts):
        listed.setdefault(id, []).append((post, due_at))
    return listed
