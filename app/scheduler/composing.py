"""Writing, scheduling, moving and stopping posts. What is leaving can no longer be changed."""

from datetime import datetime

from sqlalchemy import select

from app import telemetry
from app.account.approval_rule import ApprovalRule
from app.account.models import Membership
from app.channels.models import Channel
from app.db import db
from app.scheduler import versions
from app.scheduler.composition import Composition, put_down
from app.scheduler.events import note
from app.scheduler.hands import NOBODY, Hand, take
from app.scheduler.models import Delivery, Post
from app.scheduler.saying import saying
from app.scheduler.settled import why_fixed
from app.scheduler.states import (
    CANCELLED,
    DRAFT,
    EDITABLE,
    PENDING,
    PUBLISHED,
    SCHEDULED,
    sum_up,
)
from app.scheduler.stopping import stop

WRITTEN = {DRAFT: "drafted", PENDING: "asked", SCHEDULED: "scheduled"}

PARTLY_UP = (
    "Some of it is up on {} already, so what it says there can't be changed any more. Publish it now"
    " to go on with the rest, or cancel the rest."
)


class Leaving(Exception):
    """The post is on its way or out already; the text tells the person what can still be done."""


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
    _fill(post, member, made, now)
    note(post, member, WRITTEN.get(post.state, "scheduled"), now)
    _note_own_yes(post, member, {}, now)
    if post.state == SCHEDULED:
        telemetry.tell(
            "post_scheduled",
            member.user_id,
            when=_when(made, now),
            channels=telemetry.amount(len(made.channels)),
            pictures=telemetry.amount(len(made.pictures)),
        )
    return post


def _when(made: Composition, now: datetime) -> str:
    if made.slots:
        return "next_slot"
    return "now" if made.due_at and made.due_at <= now else "at"


def revise(
    post: Post,
    member: Membership,
    made: Composition,
    version: int,
    now: datetime,
    hand: Hand = NOBODY,
) -> None:
    """Replace what a post says and when it is due. Raises Leaving or Stale."""
    lock_editable(post)
    take(post, version, hand)
    was, before = (post.due_at, post.state, _hashes(post)), versions.standing(post)
    cleared, is_own = _cleared(post), versions.is_own(post, member, hand, now)
    post.version += 1
    post.typed_in = ""
    _fill(post, member, made, now)
    if not is_own:
        versions.keep(post, before)
    note(post, member, _deed(post, *was), now)
    _note_own_yes(post, member, cleared, now)


def _deed(post: Post, due_at: datetime | None, state: str, hashes: dict[int, str]) -> str:
    """What a revision was, by what it changed."""
    if state != post.state and post.state in (PENDING, SCHEDULED):
        return WRITTEN[post.state]
    only_moved = hashes == _hashes(post) and post.due_at and due_at not in (None, post.due_at)
    return "moved" if only_moved else "edited"


def _hashes(post: Post) -> dict[int, str]:
    return {row.channel_id: row.content_hash for row in post.deliveries}


def _cleared(post: Post) -> dict[int, str]:
    return {row.channel_id: row.approved_hash for row in post.deliveries if row.approved_hash}


def _note_own_yes(post: Post, member: Membership, before: dict[int, str], now: datetime) -> None:
    if _cleared(post).items() - before.items():
        note(post, member, "approved", now)


def move(
    post: Post, member: Membership, due_at: datetime, wall: str, zone: str, now: datetime
) -> None:
    """Another time for a post that waits. Raises Leaving."""
    post.wall_time, post.zone = wall, zone
    _place_all(post, member, due_at, now)
    note(post, member, "moved", now)


def release(post: Post, member: Membership, now: datetime) -> None:
    """Publish now, or once it is approved, what waits, is held or failed. Raises Leaving."""
    _place_all(post, member, now, now)
    note(post, member, "released", now)


def _place_all(post: Post, member: Membership, due_at: datetime, now: datetime) -> None:
    asks = member.organization.asks_for_approval
    for row in lock_editable(post):
        row.rewrite(row.content_hash, asks=asks)
        row.place(due_at, now)
    touch(post, now)
    settle(post, due_at, now)


def cancel(post: Post, member: Membership, now: datetime) -> None:
    """Stop what has not left yet. Raises Leaving."""
    for delivery in lock_editable(post):
        stop(delivery, now)
    touch(post, now)
    settle(post, post.due_at, now)
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
    if words := why_fixed(rows):
        raise Leaving(words)
    editable = [row for row in rows if row.state in EDITABLE]
    for row in editable:
        row.lease_token += 1  # an engine that had claimed it finds its fence gone
        row.lease_until = None
    return editable


def _fill(post: Post, member: Membership, made: Composition, now: datetime) -> None:
    clears = made.due_at is not None and not made.asks and clears_own(member)
    fill(post, made, now, asks=member.organization.asks_for_approval, clears=clears)


def fill(post: Post, made: Composition, now: datetime, *, asks: bool, clears: bool) -> None:
    """`asks`: new words want a yes; `clears`: whoever schedules gives it. Raises Leaving."""
    put_down(post, made, now)
    db.session.flush()
    kept = {row.channel_id: row for row in post.deliveries}
    for channel in made.channels:
        row = kept.pop(channel.id, None) or _deliver_to(post, channel)
        if row.state != PUBLISHED:
            hashed = saying(post, channel).content_hash
            if row.steps and row.content_hash != hashed:
                raise Leaving(PARTLY_UP.format(channel.network_name))
            row.rewrite(hashed, asks=asks)
            row.is_heavy = any(one.asset.is_video for one in post.pictures)
            if clears:
                row.approved_hash = hashed
            slot = made.slots.get(channel.id)
            row.place(slot or made.due_at, now, in_slot=slot is not None)
    for row in kept.values():
        if row.steps and row.state != PUBLISHED:
            raise Leaving(PARTLY_UP.format(row.channel.network_name))
        if row.state != PUBLISHED:
            post.deliveries.remove(row)
    db.session.flush()
    settle(post, made.due_at, now)


def clears_own(member: Membership) -> bool:
    """Is this person's scheduling the yes that the organisation asks for?"""
    rule = member.organization.approval_rule
    return rule == ApprovalRule.ONE and member.may("post.approve")


def settle(post: Post, due_at: datetime | None, now: datetime) -> None:
    """The post's state and time, and since when it asks for a yes."""
    was_asking = post.state == PENDING
    post.state = sum_up(row.state for row in post.deliveries)
    is_asking = post.state == PENDING
    at_once = is_asking and due_at is not None and due_at <= now
    post.due_at = None if at_once else due_at
    if is_asking and not was_asking:
        post.asked_at, post.told_at = now, None


def _deliver_to(post: Post, channel: Channel) -> Delivery:
    row = Delivery(organization_id=post.organization_id, channel_id=channel.id, state=DRAFT)
    row.channel = channel
    row.lease_token = row.tries = row.reads = 0
    row.content_hash = row.prepared_hash = row.approved_hash = row.reason = row.hold = ""
    row.needs_approval = False
    post.deliveries.append(row)
    return row


def touch(post: Post, now: datetime) -> None:
    """Changed now: forms that were opened before are out of date."""
    post.updated_at, post.typed_in = now, ""
    post.version += 1
    db.session.flush()
