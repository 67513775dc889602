"""What a crash, a lost doorbell or a long outage left behind is found here. Each verb may run
twice; the caller commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select, update

from app.channels.models import Channel
from app.db import db, inserting, table
from app.networks import Idempotency
from app.publishing import gaps
from app.publishing.claiming import POISON
from app.publishing.confirming import POISONED, poisoned
from app.publishing.models import Heartbeat
from app.publishing.outcomes import BLIND_WORDS
from app.publishing.welcome import paused_channels, too_late, usable_channels
from app.publishing.writing import attempt, is_free, row
from app.scheduler import noting
from app.scheduler.approving import NOT_APPROVED
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import (
    CONFIRMING,
    FAILED,
    HELD,
    LIVE,
    NO_PLACE,
    NOT_ASKED,
    PAUSED,
    PENDING,
    RETRY,
    SENDING,
    SET_ASIDE,
    WAITING,
)
from app.scheduler.summing import sum_up_posts

DIED = "The sender stopped before it read an answer. Asking the network."
DIED_BLIND = "The sender stopped before it read an answer."
RECONNECT = "The channel is not connected or rests. Once it works again, publish this."
PAUSED_WORDS = "Publishing is paused."
LATE = "Its time passed while it could not be sent. You decide."
NEXT_PART = "The sender stopped between two parts. Going on."
POISONED_OUT = (
    "Our sender stopped again and again over this one, also when it asked the network. It may be"
    " out: please look there."
)
UNAPPROVED = "Not approved in time: nobody said yes before it was due."


def find_abandoned(now: datetime) -> int:
    """Deliveries whose sender died: nobody knows what the network did, so it is asked. Between two
    parts of a thread nothing was out, and the next part is sent."""
    is_open = exists().where(attempt.delivery_id == row.id, attempt.state == SENDING)
    rows = db.session.execute(
        select(row.id, row.post_id, is_open.label("is_open"), Channel)
        .join(Channel, Channel.id == row.channel_id)
        .where(row.state == SENDING, is_free(now))
    ).all()
    for found in rows:
        channel: Channel = found.Channel
        blind = channel.adapter.idempotency_of(channel.account) is Idempotency.BLIND
        _doubt(found.id, found.is_open, blind, now)
    sum_up_posts({found.post_id for found in rows})
    return len(rows)


def _doubt(id: int, is_open: bool, blind: bool, now: datetime) -> None:
    if not is_open:
        state = {"state": RETRY, "reason": NEXT_PART}
    elif blind:
        state = {"state": HELD, "hold": "needs_decision", "reason": f"{DIED_BLIND} {BLIND_WORDS}"}
    else:
        state = {"state": CONFIRMING, "reason": DIED}
    changed = db.session.execute(
        update(table(Delivery))
        .where(row.id == id, row.state == SENDING, is_free(now))
        .values(
            **state,
            lease_token=row.lease_token + 1,
            lease_until=None,
            not_before=now,
            unknown_since=now if is_open else None,
            reads=0,
        )
        .returning(row.id)
    ).all()
    if changed and is_open:
        db.session.execute(
            update(table(Attempt))
            .where(attempt.delivery_id == id, attempt.state == SENDING)
            .values(state="unknown", finished_at=now, answer=DIED)
        )
        noting.note(noting.UNCLEAR, [id], now, DIED_BLIND)
    if changed and is_open and blind:
        noting.note(noting.HELD, [id], now)


def find_poison(now: datetime) -> int:
    """Deliveries over which our sender died again and again: what was not sent fails, what may be out
    is asked about a last time and then is a person's; how many."""
    is_nobodys = is_free(now)
    columns = (row.id, row.post_id, row.state, row.patience, row.steps, row.unknown_since)
    rows = db.session.execute(
        select(*columns).where(row.state.in_(LIVE), row.claims >= POISON, is_nobodys)
    ).all()
    for found in rows:
        change: dict[str, Any]
        if found.state in WAITING and found.unknown_since == NOT_ASKED:
            change = gaps.doubt(POISONED.strip())
        elif found.state in WAITING:
            change = {"state": FAILED, "hold": "poison", "reason": poisoned(len(found.steps))}
        elif found.patience > 0:
            change = {"claims": 0, "patience": 0}
        else:
            change = {"state": HELD, "hold": "needs_decision", "reason": POISONED_OUT}
        db.session.execute(
            update(table(Delivery))
            .where(row.id == found.id, row.claims >= POISON, is_nobodys)
            .values(**change, lease_token=row.lease_token + 1)
        )
        if state := change.get("state"):
            noting.note(noting.FAILED if state == FAILED else noting.HELD, [found.id], now)
    sum_up_posts({found.post_id for found in rows})
    return len(rows)


def hold_back(now: datetime) -> int:
    """Hold what waits for a word of somebody: its channel is set aside, rests or needs reconnecting, it
    is too late by policy, or nobody approved it in time."""
    usable = usable_channels()
    aside = select(Channel.id).where(Channel.set_aside_at.is_not(None))
    waiting = and_(row.state.in_(WAITING), row.not_before <= now, is_free(now))
    held: set[int] = set()
    for condition, hold, words in (
        (and_(waiting, row.channel_id.in_(aside)), NO_PLACE, SET_ASIDE),
        (and_(waiting, row.channel_id.in_(paused_channels())), PAUSED, PAUSED_WORDS),
        (and_(waiting, ~row.channel_id.in_(usable)), "reconnect", RECONNECT),
        (and_(waiting, row.id.in_(too_late(now))), "late", LATE),
        (and_(row.state == PENDING, row.due_at <= now), NOT_APPROVED, UNAPPROVED),
    ):
        changed = db.session.execute(
            update(table(Delivery))
            .where(condition)
            .values(state=HELD, hold=hold, reason=words, lease_token=row.lease_token + 1)
            .returning(row.id, row.post_id)
        ).all()
        noting.note(noting.HELD, [found.id for found in changed], now)
        held |= {found.post_id for found in changed}
    sum_up_posts(held)
    return len(held)


def beat(name: str, now: datetime, skew: float = 0.0) -> None:
    """A sign of life, shown on the scheduler's pages; `skew` as in app/publishing/clocks.py. The first
    ones of an instance may come at the same moment."""
    seen = {"at": now, "skew": skew}
    new = inserting(table(Heartbeat)).values(name=name, **seen)
    db.session.execute(new.on_conflict_do_update(index_elements=["name"], set_=seen))
