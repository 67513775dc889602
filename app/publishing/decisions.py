"""What a person decides about a delivery that the engine may not guess."""

from datetime import datetime

from sqlalchemy import update

from app.account.models import Membership
from app.db import db
from app.publishing.writing import attempt, sum_up_posts
from app.scheduler.attempts import Attempt
from app.scheduler.events import note
from app.scheduler.models import Delivery
from app.scheduler.states import CANCELLED, FAILED, HELD, PUBLISHED

WORDS = {
    "up": "Noted as published.",
    "again": "Going out again.",
    "leave": "Left as it is; nothing will go out.",
}


def find(member: Membership, id: int) -> Delivery | None:
    """A held or failed delivery of the member's organisation, locked, else None."""
    return db.session.scalar(
        Delivery.of(member)
        .where(Delivery.id == id, Delivery.state.in_((HELD, FAILED)))
        .with_for_update(of=Delivery)
    )


def decide(delivery: Delivery, member: Membership, decision: str, url: str, now: datetime) -> None:
    """`up`: it stands on the network (`url` says where); `again`: send it; `leave`: don't."""
    if decision == "up":
        delivery.state, delivery.published_at = PUBLISHED, now
        delivery.external_url = url or None
        _close_attempts(delivery, "accepted", "Found by a person.", now)
    elif decision == "again":
        delivery.rewrite(delivery.content_hash, asks=member.organization.asks_for_approval)
        delivery.place(now, now)
        _close_attempts(delivery, "absent", "Not there, said a person.", now)
    else:
        delivery.state = CANCELLED
        _close_attempts(delivery, "absent", "Left by a person.", now)
    delivery.hold = delivery.reason = ""
    delivery.lease_token, delivery.lease_until = delivery.lease_token + 1, None
    note(delivery.post, member, "decided", now, WORDS[decision])
    sum_up_posts({delivery.post_id})


def _close_attempts(delivery: Delivery, state: str, answer: str, now: datetime) -> None:
    db.session.execute(
        update(Attempt)
        .where(attempt.delivery_id == delivery.id, attempt.state.in_(("unknown", "sending")))
        .values(state=state, answer=answer, finished_at=now)
    )


def waiting(member: Membership) -> list[Delivery]:
    """What needs eyes, the oldest first."""
    chosen = Delivery.of(member).where(Delivery.state.in_((HELD, FAILED)))
    return list(db.session.scalars(chosen.order_by(Delivery.due_at, Delivery.id)))
