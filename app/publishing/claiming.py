"""Taking deliveries to work on: one conditional UPDATE with a lease and a fence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from app.account.models import Organization, User
from app.channels.models import Channel
from app.db import db, table
from app.networks import Account
from app.scheduler.models import Delivery, Post
from app.scheduler.states import CONFIRMING, LIVE, WAITING

AHEAD = timedelta(seconds=90)  # pictures and tokens are ready this long before the due time
row = table(Delivery).c


@dataclass
class Claimed:
    """A delivery in our hands until the lease ends; `fence` must still match when we write."""

    id: int
    fence: int
    organization_id: int
    post_id: int
    author_id: int | None
    channel_id: int
    network: str
    account: Account
    state: str
    text: str
    due_at: datetime
    not_before: datetime
    content_hash: str
    record: dict[str, Any] | None
    remote_key: str | None
    remote_at: datetime | None
    tries: int
    patience: int
    reads: int
    unknown_since: datetime | None


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(row.lease_until.is_(None), row.lease_until < now)


def is_cleared() -> ColumnElement[bool]:
    """Needs no approval, or these very words have theirs. A constraint of the table says the same."""
    return or_(~row.needs_approval, row.approved_hash == row.content_hash)


def _wants_work(now: datetime) -> ColumnElement[bool]:
    due = row.not_before <= now
    unprepared = row.prepared_hash != row.content_hash
    may_prepare = or_(row.prepare_after.is_(None), row.prepare_after <= now)
    soon = and_(unprepared, row.not_before <= now + AHEAD, may_prepare)
    return or_(
        and_(row.state.in_(WAITING), is_cleared(), or_(and_(due, ~unprepared), soon)),
        and_(row.state == CONFIRMING, due),
    )


def _is_welcome(now: datetime) -> ColumnElement[bool]:
    """The channel works, and the post is not so late that a person must decide."""
    usable = usable_channels()
    return and_(
        or_(row.state == CONFIRMING, row.channel_id.in_(usable)),
        or_(row.state == CONFIRMING, ~is_too_late(now)),
    )


def usable_channels() -> Select[Any]:
    """Ids of channels that work, of organisations that are not being closed and connected by
    somebody whose data may be used."""
    is_restricted = exists().where(
        User.id == Channel.connected_by_id,
        or_(User.restricted_at.is_not(None), User.closing_at.is_not(None)),
    )
    return (
        select(Channel.id)
        .join(Organization, Organization.id == Channel.organization_id)
        .where(Channel.state == "active", Organization.closing_at.is_(None), ~is_restricted)
    )


def is_too_late(now: datetime) -> ColumnElement[bool]:
    """Overdue by more than the organisation's late policy allows."""
    patience = (
        select(Organization.late_after)
        .where(Organization.id == row.organization_id)
        .scalar_subquery()
    )
    seconds: ColumnElement[Any] = func.extract("epoch", row.due_at)
    if db.engine.dialect.name == "sqlite":
        seconds = func.unixepoch(row.due_at)
    return and_(patience > 0, seconds + patience * 60 < now.timestamp())


def claim(now: datetime, lease: timedelta, most: int) -> list[Claimed]:
    """Take at most so many deliveries that want work, the longest due first."""
    chosen = (
        select(row.id)
        .where(_wants_work(now), _is_free(now), _is_welcome(now))
        .order_by(row.not_before)
        .limit(most)
    )
    if db.engine.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    ids = list(db.session.scalars(chosen))
    if not ids:
        return []
    taken = (
        update(table(Delivery))
        .where(row.id.in_(ids), _is_free(now), row.state.in_(LIVE))
        .values(lease_token=row.lease_token + 1, lease_until=now + lease)
        .returning(row.id)
    )
    return _load(list(db.session.scalars(taken)))


def _load(ids: list[int]) -> list[Claimed]:
    columns = (
        select(table(Delivery), Post.text, Post.author_id, Channel)
        .join(Post, Post.id == row.post_id)
        .join(Channel, Channel.id == row.channel_id)
    )
    rows = db.session.execute(columns.where(row.id.in_(ids)).order_by(row.not_before)).mappings()
    return [_hand_over(found) for found in rows]


def _hand_over(found: Any) -> Claimed:
    channel: Channel = found["Channel"]
    is_current = found["prepared_hash"] == found["content_hash"]
    return Claimed(
        id=found["id"],
        fence=found["lease_token"],
        organization_id=found["organization_id"],
        post_id=found["post_id"],
        author_id=found["author_id"],
        channel_id=found["channel_id"],
        network=channel.network,
        account=channel.account,
        state=found["state"],
        text=found["text"],
        due_at=found["due_at"],
        not_before=found["not_before"],
        content_hash=found["content_hash"],
        record=found["record"] if is_current else None,
        remote_key=found["remote_key"],
        remote_at=found["remote_at"],
        tries=found["tries"],
        patience=found["patience"],
        reads=found["reads"],
        unknown_since=found["unknown_since"],
    )


def next_wake(now: datetime) -> datetime | None:
    """When the next delivery will want work; None when nothing waits."""
    ahead = select(func.min(row.not_before)).where(row.state.in_(LIVE), row.not_before > now)
    return db.session.scalar(ahead)


def wants_work(now: datetime) -> bool:
    """Is there anything that a publisher could take right now?"""
    found = select(row.id).where(_wants_work(now), _is_free(now), _is_welcome(now)).limit(1)
    return db.session.scalar(found) is not None
