"""Writing, scheduling, moving and stopping posts. What is leaving can no longer be changed."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from app.account.models import Membership
from app.channels.models import Channel
from app.db import db
from app.media.models import Asset
from app.scheduler.models import Delivery, Post, PostEvent, PostPicture
from app.scheduler.states import (
    CANCELLED,
    DRAFT,
    EDITABLE,
    FAILED,
    HELD,
    LEAVING,
    PUBLISHED,
    RETRY,
    SCHEDULED,
    sum_up,
)

PATIENCE = 8  # tries before a delivery counts as failed


class Leaving(Exception):
    """The post is on its way or out already; the text tells the person what can still be done."""


class Stale(Exception):
    """Somebody saved another version since the form was opened."""


@dataclass(frozen=True)
class Composition:
    """What the composer hands over: domain values only."""

    text: str
    channels: tuple[Channel, ...]
    pictures: tuple[tuple[Asset, str], ...]
    due_at: datetime | None
    wall_time: str
    zone: str


def write(member: Membership, made: Composition, nonce: str, now: datetime) -> Post:
    """A new post; a draft when it has no time. The same nonce again gives the first post."""
    known = db.session.scalar(Post.of(member).where(Post.nonce == nonce))
    if known:
        return known
    post = Post(
        organization_id=member.organization_id,
        author_id=member.user_id,
        nonce=nonce,
        state=DRAFT,
        created_at=now,
    )
    db.session.add(post)
    _fill(post, made, now)
    note(post, member, "scheduled" if made.due_at else "drafted", now)
    return post


def revise(post: Post, member: Membership, made: Composition, version: int, now: datetime) -> None:
    """Replace what a post says and when it is due. Raises Leaving or Stale."""
    lock_editable(post)
    if post.version != version:
        raise Stale
    was_due = post.due_at
    post.version += 1
    _fill(post, made, now)
    moved = made.due_at is not None and made.due_at != was_due
    note(post, member, "moved" if moved and was_due else "edited", now)


def move(
    post: Post, member: Membership, due_at: datetime, wall: str, zone: str, now: datetime
) -> None:
    """Another time for a post that waits. Raises Leaving."""
    for delivery in lock_editable(post):
        _set_time(delivery, due_at)
    post.due_at, post.wall_time, post.zone = due_at, wall, zone
    _touch(post, now)
    note(post, member, "moved", now)


def release(post: Post, member: Membership, now: datetime) -> None:
    """Publish now what is waiting, held or failed. Raises Leaving."""
    for delivery in lock_editable(post):
        _set_time(delivery, now)
    post.due_at = now
    _touch(post, now)
    note(post, member, "released", now)


def cancel(post: Post, member: Membership, now: datetime) -> None:
    """Stop what has not left yet. Raises Leaving."""
    for delivery in lock_editable(post):
        delivery.state, delivery.reason, delivery.hold = CANCELLED, "", ""
    _touch(post, now)
    note(post, member, "cancelled", now)


def discard(post: Post) -> None:
    """Delete a draft or a post that never left."""
    if any(delivery.state not in (DRAFT, CANCELLED) for delivery in post.deliveries):
        raise Leaving("Cancel it first: it is still scheduled.")
    db.session.delete(post)


def lock_editable(post: Post) -> list[Delivery]:
    """The deliveries that can change, locked and fenced off from the engine. Raises Leaving."""
    rows = list(
        db.session.scalars(
            select(Delivery)
            .where(Delivery.post_id == post.id)
            .with_for_update(of=Delivery)
            .execution_options(populate_existing=True)
        )
    )
    if any(row.state in LEAVING for row in rows):
        raise Leaving("It is leaving now. You can delete it on the network once it is up.")
    if rows and not any(row.state in EDITABLE for row in rows):
        words = "It is published already." if rows[0].state == PUBLISHED else "It is cancelled."
        raise Leaving(words)
    editable = [row for row in rows if row.state in EDITABLE]
    for row in editable:
        row.lease_token += 1  # an engine that had claimed it finds its fence gone
        row.lease_until = None
    return editable


def note(post: Post, member: Membership, kind: str, now: datetime, detail: str = "") -> None:
    db.session.flush()
    db.session.add(
        PostEvent(post_id=post.id, actor_id=member.user_id, at=now, kind=kind, detail=detail)
    )


def content_hash(text: str, pictures: list[tuple[str, str]]) -> str:
    """What a delivery promises to send: the text and each picture's hash and alt text."""
    return sha256(json.dumps([text, pictures], ensure_ascii=False).encode()).hexdigest()


def _fill(post: Post, made: Composition, now: datetime) -> None:
    post.text, post.due_at = made.text, made.due_at
    post.wall_time, post.zone = made.wall_time, made.zone
    post.updated_at = now
    post.pictures = [
        PostPicture(asset_id=asset.id, position=place, alt=alt)
        for place, (asset, alt) in enumerate(made.pictures)
    ]
    db.session.flush()
    hashed = content_hash(made.text, [(asset.sha256, alt) for asset, alt in made.pictures])
    kept = {row.channel_id: row for row in post.deliveries}
    for channel in made.channels:
        row = kept.pop(channel.id, None) or _deliver_to(post, channel)
        if row.state != PUBLISHED:
            row.content_hash = hashed
            _set_time(row, made.due_at)
    for row in kept.values():
        if row.state != PUBLISHED:
            post.deliveries.remove(row)
    db.session.flush()
    post.state = sum_up(row.state for row in post.deliveries)


def _deliver_to(post: Post, channel: Channel) -> Delivery:
    row = Delivery(organization_id=post.organization_id, channel_id=channel.id, state=DRAFT)
    row.channel = channel
    row.lease_token = row.tries = row.reads = 0
    row.content_hash = row.prepared_hash = row.reason = row.hold = ""
    post.deliveries.append(row)
    return row


def _set_time(row: Delivery, due_at: datetime | None) -> None:
    row.state = SCHEDULED if due_at else DRAFT
    row.due_at = row.not_before = due_at
    row.prepare_after = None
    row.reason = row.hold = ""
    row.patience = PATIENCE


def _touch(post: Post, now: datetime) -> None:
    post.updated_at = now
    post.version += 1
    db.session.flush()
    post.state = sum_up(row.state for row in post.deliveries)


def needs_eyes(member: Membership) -> list[Delivery]:
    """What a person has to decide: held and failed deliveries, the oldest first."""
    return list(
        db.session.scalars(
            Delivery.of(member).where(Delivery.state.in_((HELD, FAILED))).order_by(Delivery.due_at)
        )
    )


def is_waiting(delivery: Delivery) -> bool:
    return delivery.state in (SCHEDULED, RETRY)
