"""What a person decides about a delivery that the engine may not guess."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import selectinload

from app.account.models import Membership
from app.db import db
from app.publishing.writing import attempt
from app.scheduler.attempts import Attempt
from app.scheduler.composing import settle
from app.scheduler.events import note
from app.scheduler.models import Delivery
from app.scheduler.states import FAILED, HELD, PAUSED, PUBLISHED, WAITING
from app.scheduler.stopping import part_count, stop
from app.scheduler.summing import sum_up_posts

WORDS = {
    "up": "Noted as published.",
    "again": "Going out again.",
    "leave": "Left as it is; nothing will go out.",
}
NO_NAME = (
    "The first {} of {} are up. Without the network's own name for the last of them the rest can't be"
    " hung under it, so it was left."
)


def find(member: Membership, id: int) -> Delivery | None:
    """A held or failed delivery of the member's organisation, locked, else None."""
    return db.session.scalar(
        Delivery.of(member)
        .where(Delivery.id == id, Delivery.state.in_((HELD, FAILED)))
        .with_for_update(of=Delivery)
    )


def decide(delivery: Delivery, member: Membership, decision: str, url: str, now: datetime) -> None:
    """`up`: it stands on the network (`url` says where); `again`: send it, or what is left of it;
    `leave`: don't."""
    if decision == "again":
        send(delivery, member, now, None, now)
        return
    if decision == "up":
        count = len(delivery.steps)
        total = part_count(delivery)
        reason = NO_NAME.format(count + 1, total) if count + 1 < total else ""
        delivery.state, delivery.published_at = PUBLISHED, now
        delivery.external_url = delivery.external_url or url or None
        _close_attempts(delivery, "accepted", "Found by a person.", now)
        delivery.hold, delivery.reason = "", reason
    else:
        stop(delivery, now)
        _close_attempts(delivery, "absent", "Left by a person.", now)
    _let_go(delivery)
    note(delivery.post, member, "decided", now, WORDS[decision])
    sum_up_posts({delivery.post_id})


def send(
    delivery: Delivery, member: Membership, at: datetime, zone: ZoneInfo | None, now: datetime
) -> None:
    """Send it then, or once it is approved. `zone`: the post moves to the new time on the wall."""
    delivery.rewrite(delivery.content_hash, asks=member.organization.asks_for_approval)
    delivery.place(at, now)
    _close_attempts(delivery, "absent", "Not there, said a person.", now)
    _let_go(delivery)
    note(delivery.post, member, "decided", now, WORDS["again"])
    db.session.flush()
    post = delivery.post
    if zone:
        due = [one.due_at for one in post.deliveries if one.state in WAITING and one.due_at]
        settle(post, min(due, default=at), now)
        if post.due_at:
            wall = post.due_at.astimezone(zone)
            post.wall_time, post.zone = f"{wall:%Y-%m-%dT%H:%M}", zone.key
    sum_up_posts({delivery.post_id})


def _let_go(delivery: Delivery) -> None:
    delivery.lease_token, delivery.lease_until = delivery.lease_token + 1, None


def _close_attempts(delivery: Delivery, state: str, answer: str, now: datetime) -> None:
    db.session.execute(
        update(Attempt)
        .where(attempt.delivery_id == delivery.id, attempt.state.in_(("unknown", "sending")))
        .values(state=state, answer=answer, finished_at=now)
    )


def waiting(member: Membership) -> list[Delivery]:
    """What needs eyes, the oldest first."""
    chosen = Delivery.of(member).where(Delivery.state.in_((HELD, FAILED)), Delivery.hold != PAUSED)
    whole = chosen.options(selectinload(Delivery.attempts), selectinload(Delivery.post))
    return list(db.session.scalars(whole.order_by(Delivery.due_at, Delivery.id)))
