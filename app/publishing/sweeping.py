"""What a crash, a lost doorbell or a long outage left behind is found here. Each verb may run
twice; the caller commits."""

from datetime import datetime

from sqlalchemy import and_, or_, select, update

from app.channels.models import Channel
from app.db import db, table
from app.networks import Idempotency, network
from app.publishing.claiming import is_too_late, usable_channels
from app.publishing.models import Heartbeat
from app.publishing.recording import BLIND_WORDS, attempt, row, sum_up_posts
from app.scheduler.approving import NOT_APPROVED
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CONFIRMING, HELD, PENDING, SENDING, WAITING

DIED = "The sender stopped before it read an answer. Asking the network."
RECONNECT = "The channel is not connected or rests. Once it works again, publish this."
LATE = "Its time passed while it could not be sent. You decide."
UNAPPROVED = "Not approved in time: nobody said yes before it was due."


def find_abandoned(now: datetime) -> int:
    """Deliveries whose sender died: nobody knows what the network did, so it is asked."""
    rows = db.session.execute(
        select(row.id, row.post_id, Channel.network)
        .join(Channel, Channel.id == row.channel_id)
        .where(row.state == SENDING, row.lease_until < now)
    ).all()
    for id, _, slug in rows:
        _doubt(id, slug, now)
    sum_up_posts({post_id for _, post_id, _ in rows})
    return len(rows)


def _doubt(id: int, slug: str, now: datetime) -> None:
    blind = network(slug).idempotency is Idempotency.BLIND
    state = (
        {"state": HELD, "hold": "needs_decision", "reason": BLIND_WORDS}
        if blind
        else {"state": CONFIRMING, "reason": DIED}
    )
    changed = db.session.execute(
        update(table(Delivery))
        .where(row.id == id, row.state == SENDING, row.lease_until < now)
        .values(
            **state,
            lease_token=row.lease_token + 1,
            lease_until=None,
            not_before=now,
            unknown_since=now,
            reads=0,
        )
        .returning(row.id)
    ).all()
    if changed:
        db.session.execute(
            update(table(Attempt))
            .where(attempt.delivery_id == id, attempt.state == SENDING)
            .values(state="unknown", finished_at=now, answer=DIED)
        )


def hold_back(now: datetime) -> int:
    """Hold what a person must decide: too late by policy, its channel needs reconnecting, or nobody
    approved it in time."""
    usable = usable_channels()
    free = or_(row.lease_until.is_(None), row.lease_until < now)
    waiting = and_(row.state.in_(WAITING), row.not_before <= now, free)
    held: set[int] = set()
    for condition, hold, words in (
        (and_(waiting, ~row.channel_id.in_(usable)), "reconnect", RECONNECT),
        (and_(waiting, is_too_late(now)), "late", LATE),
        (and_(row.state == PENDING, row.due_at <= now), NOT_APPROVED, UNAPPROVED),
    ):
        changed = db.session.execute(
            update(table(Delivery))
            .where(condition)
            .values(state=HELD, hold=hold, reason=words, lease_token=row.lease_token + 1)
            .returning(row.post_id)
        )
        held |= set(changed.scalars())
    sum_up_posts(held)
    return len(held)


def beat(name: str, now: datetime) -> None:
    """A sign of life, shown on the scheduler's pages."""
    found = db.session.get(Heartbeat, name)
    if found is None:
        db.session.add(Heartbeat(name=name, at=now))
    else:
        found.at = now
