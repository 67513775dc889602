"""Intent before the first byte: what is prepared, what is let go of, what is about to be sent. Each
verb takes many at once and is one transaction; the caller commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from app.channels.models import Channel
from app.db import among, among_pairs, db, table
from app.publishing import turns
from app.publishing.budgets import spend
from app.publishing.claiming import Claimed, is_cleared
from app.publishing.welcome import OVERDUE, usable_channels
from app.publishing.writing import row, write
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import SCHEDULED, SENDING, WAITING
from app.scheduler.summing import sum_up_posts


@dataclass(frozen=True)
class Prepared:
    """How far preparing came; `again_at`: not to be gone on with before."""

    work: Claimed
    record: dict[str, Any]
    is_whole: bool
    again_at: datetime | None = None


def keep_records(made: Sequence[Prepared], now: datetime, lease: timedelta) -> None:
    """Keep what was prepared ahead, and the key that it will have, unless the post was changed
    meanwhile. It goes on, with a lease as long as at first, or rests until `again_at`."""
    for one in made:
        if one.work.remote_key is None:
            _choose_key(one.work, now)
    write(
        [
            {
                "b_id": one.work.id,
                "b_fence": one.work.fence,
                "record": one.record,
                "prepared_hash": one.work.content_hash if one.is_whole else "",
                "prepare_after": one.again_at,
                "lease_until": None if one.again_at else now + lease,
                "claims": 0 if one.again_at else 1,
                "remote_key": one.work.remote_key,
                "remote_at": one.work.remote_at,
            }
            for one in made
        ]
    )


def give_back(works: Iterable[Claimed]) -> None:
    """Let go of deliveries whose time has not come."""
    write([{"b_id": w.id, "b_fence": w.fence, "lease_until": None, "claims": 0} for w in works])


def intend(works: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """Write down that these are about to be sent. Those that were changed meanwhile drop out, and so
    do those whose channel rests by now; those over its budget, or whose turn it is not, are let go
    of."""
    allowed = spend(turns.take(works, now), now)
    if len(allowed) < len(works):
        kept = {work.id for work in allowed}
        give_back(work for work in works if work.id not in kept)
    if not allowed:
        return []
    rekeyed = set()
    for work in allowed:
        if work.remote_key is None or _is_late(work, now):
            _choose_key(work, now)
            rekeyed.add(work.id)
    keys = {(w.id, w.fence): w for w in allowed}
    ours = among_pairs(row.id, row.lease_token, keys)
    taken = (
        update(table(Delivery))
        .where(ours, row.state.in_(WAITING), is_cleared(), row.channel_id.in_(usable_channels()))
        .values(state=SENDING, tries=row.tries + 1, reason="")
        .returning(row.id, row.lease_token, row.tries)
    )
    leaving = []
    for id, fence, tries in db.session.execute(taken):
        work = keys[id, fence]
        work.tries = tries
        leaving.append(work)
    if leaving:
        _begin(leaving, rekeyed, now)
    return leaving


def _begin(works: Sequence[Claimed], rekeyed: set[int], now: datetime) -> None:
    write([_key_of(w) for w in works if w.id in rekeyed])
    begun = insert(table(Attempt)).returning(table(Attempt).c.id)  # in one statement
    db.session.execute(begun, [_attempt_of(w, now) for w in works])
    sum_up_posts({w.post_id for w in works})
    _note_overdue({w.channel_id for w in works if now - w.due_at >= OVERDUE}, now)


def _note_overdue(channels: set[int], now: datetime) -> None:
    """The next overdue one of these channels keeps its distance."""
    if channels:
        ours = among(table(Channel).c.id, channels)
        db.session.execute(update(table(Channel)).where(ours).values(sent_at=now))


def _choose_key(work: Claimed, now: datetime) -> None:
    """From the row and its time, not from the try: a database put back from a backup chooses the same
    one again. What is late says when it really came."""
    work.remote_key = work.adapter.new_key(work.id, work.step_at)
    work.remote_at = work.step_at if now - work.due_at < OVERDUE else now


def _is_late(work: Claimed, now: datetime) -> bool:
    """Prepared ahead, never tried, and its time passed while we were away."""
    never_tried = work.state == SCHEDULED and not work.tries
    return never_tried and now - work.due_at >= OVERDUE


def _key_of(w: Claimed) -> dict[str, Any]:
    return {
        "b_id": w.id,
        "b_fence": w.fence,
        "remote_key": w.remote_key,
        "remote_at": w.remote_at,
    }


def _attempt_of(w: Claimed, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": w.id,
        "n": w.tries,
        "step": len(w.steps),
        "fence": w.fence,
        "state": SENDING,
        "key": w.remote_key,
        "content_hash": w.content_hash,
        "started_at": now,
        "answer": "",
    }
