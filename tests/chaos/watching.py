"""What a network can see when a request comes: through a line of its own, so that only what is committed
counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.account.models import Organization
from app.channels.models import Channel
from app.db import db
from app.networks import Account, Grant, Parcel
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery, Post
from tests.chaos.truth import Truth

SEEN = (
    select(
        Attempt.fence,
        Attempt.step,
        Attempt.content_hash.label("intended"),
        Delivery.lease_token,
        Delivery.content_hash,
        Delivery.needs_approval,
        Delivery.approved_hash,
        Delivery.due_at,
        Delivery.post_id,
        Delivery.organization_id,
        Post.organization_id.label("post_of"),
        Channel.organization_id.label("channel_of"),
        Channel.account_id,
        Channel.state.label("channel_state"),
        Organization.closing_at,
    )
    .join(Delivery, Delivery.id == Attempt.delivery_id)
    .join(Post, Post.id == Delivery.post_id)
    .join(Channel, Channel.id == Delivery.channel_id)
    .join(Organization, Organization.id == Delivery.organization_id)
)


def look(truth: Truth, account: Account, grant: Grant, parcel: Parcel, now: datetime) -> None:
    """Note what may not be."""
    wanted = SEEN.where(Attempt.key == parcel.key, Attempt.state == "sending")
    with db.engine.connect() as other:
        seen = other.execute(wanted).first()
        other.rollback()
    name = account.account_id
    if seen is None:
        truth.note(name, violates="I6", what=f"{parcel.key} came without an intent")
        return
    for invariant, what, is_so in _wrongs(seen, name, parcel, now):
        if is_so:
            truth.note(name, violates=invariant, what=f"{parcel.key} {what}")


def _wrongs(seen: Any, name: str, parcel: Parcel, now: datetime) -> list[tuple[str, str, bool]]:
    owners = {seen.organization_id, seen.post_of, seen.channel_of}
    is_approved = not seen.needs_approval or seen.approved_hash == seen.content_hash
    is_closed = seen.channel_state == "disconnected" or seen.closing_at is not None
    return [
        (
            "I5",
            f"came under fence {seen.fence} of {seen.lease_token}",
            seen.fence != seen.lease_token,
        ),
        (
            "I6",
            f"came as step {len(parcel.before)} of {seen.step}",
            seen.step != len(parcel.before),
        ),
        ("I7", "was changed after its intent", seen.intended != seen.content_hash),
        ("I7", "came unapproved", not is_approved),
        ("I7", "came to a channel that was closed", is_closed),
        ("I8", f"came at {now}, due {seen.due_at}", bool(seen.due_at and now < seen.due_at)),
        ("I10", "crossed organisations", len(owners) > 1 or seen.account_id != name),
    ]
