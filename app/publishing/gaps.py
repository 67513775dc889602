"""Times in which the engine was away. A database that was restored from a backup knows nothing of what
went out after it was made: what was due in such a gap is asked about before it is sent.

A mark in file storage is renewed each minute. When the engine wakes after a gap and the mark is newer
than the database's own last sign of life, or is missing, the database was put back."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update

from app import clock, storage
from app.channels.models import Channel
from app.db import db, table
from app.networks import Idempotency
from app.publishing.claiming import Claimed
from app.publishing.models import EngineGap, Heartbeat
from app.publishing.writing import is_free, row
from app.scheduler import noting
from app.scheduler.approving import NOT_APPROVED
from app.scheduler.models import Delivery
from app.scheduler.states import HELD, NO_PLACE, NOT_ASKED, PAUSED, PENDING, WAITING
from app.scheduler.summing import sum_up_posts

log = structlog.get_logger(__name__)
LONG = timedelta(minutes=5)
REMEMBERED = timedelta(days=30)
RENEW = timedelta(minutes=1)
MARK = "engine/mark"
PARTS = ("clock", "publisher")
OUTAGE, RESTORE = "outage", "restore"
RESTORED = (
    "This instance was restored from a backup, so it may have gone out already, and this network"
    " can't be asked. Look there before you decide."
)
MAY_BE_OUT = (
    "This instance was restored from a backup, so it may have gone out already. Look there before you"
    " decide."
)


def notice(now: datetime) -> EngineGap | None:
    """Write down that we were away, when we were; the caller commits."""
    seen = db.session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.name.in_(PARTS)))
    if seen is None or now - seen < 2 * RENEW:
        return None
    marked = _marked_at()
    was_restored = marked is None or marked > seen + 2 * RENEW
    if now - seen < LONG and not (marked and was_restored):
        return None
    gap = EngineGap(began_at=seen, ended_at=now, kind=RESTORE if was_restored else OUTAGE)
    db.session.add(gap)
    if was_restored:
        _doubt_all(now)
    return gap


def _doubt_all(now: datetime) -> None:
    """Until the network was asked nobody moves or edits what was due: its key and its words are those
    under which it may have gone out. What was to go out at once may have had its yes."""
    waiting = (row.state.in_(WAITING), row.due_at <= now)
    db.session.execute(update(table(Delivery)).where(*waiting).values(unknown_since=NOT_ASKED))
    at_once = (row.state == PENDING, row.due_at.is_(None))
    held = update(table(Delivery)).where(*at_once).values(doubt(""))
    found = db.session.execute(held.returning(row.id, row.post_id)).all()
    noting.note(noting.HELD, [one.id for one in found], now)
    sum_up_posts({one.post_id for one in found})


def doubt(reason: str) -> dict[str, Any]:
    """What becomes of a delivery that may be out since before a restore and that nothing else will be
    asked about."""
    return {"state": HELD, "hold": "restore", "reason": f"{reason} {MAY_BE_OUT}".strip()}


def mark(now: datetime) -> None:
    """Renew the mark in file storage, once a minute. A full disk is no reason to stop publishing."""
    known = _marked_at()
    if known is None or now - known >= RENEW:
        try:
            storage.keep_at(MARK, [json.dumps({"at": now.isoformat()}).encode()])
        except OSError as trouble:
            log.warning("engine.mark_not_kept", trouble=type(trouble).__name__)


def _marked_at() -> datetime | None:
    try:
        return clock.parse(json.loads(storage.read(MARK))["at"])
    except (OSError, ValueError, KeyError):
        return None


def ends_of_late(now: datetime) -> list[datetime]:
    """When the gaps ended in which something that is still to be sent may have been due."""
    ended_at = EngineGap.ended_at
    return list(db.session.scalars(select(ended_at).where(ended_at > now - REMEMBERED)))


def asks_first(work: Claimed, gap_ends: Iterable[datetime]) -> bool:
    """Could it have gone out before, unknown to us? What was due before a gap ended may have, and each
    further part of a thread, until the network was asked about it."""
    if work.idempotency is Idempotency.BLIND:
        return False
    asked_at = work.unknown_since
    ends = (ended_at for ended_at in gap_ends if work.due_at < ended_at)
    return any(asked_at is None or asked_at < ended_at for ended_at in ends)


def hold_restored(now: datetime) -> int:
    """What waited when a restored database was found, at networks that can't be asked, is a person's;
    how many."""
    ended_at = _restored_at(now)
    if ended_at is None:
        return 0
    waited = select(Delivery).join(Channel)
    waited = waited.where(Delivery.state.in_(WAITING), Delivery.not_before < ended_at)
    held: set[int] = set()
    for found in db.session.scalars(waited):
        if found.channel.adapter.idempotency_of(found.channel.account) is Idempotency.BLIND:
            held |= _hold(found.id, now)
    sum_up_posts(held)
    return len(held)


def _restored_at(now: datetime) -> datetime | None:
    """When it was last found that the database had been put back."""
    restores = select(func.max(EngineGap.ended_at)).where(
        EngineGap.kind == RESTORE, EngineGap.ended_at > now - REMEMBERED
    )
    return db.session.scalar(restores)


def _hold(id: int, now: datetime) -> set[int]:
    changed = db.session.execute(
        update(table(Delivery))
        .where(row.id == id, row.state.in_(WAITING), is_free(now))
        .values(state=HELD, hold="restore", reason=RESTORED, lease_token=row.lease_token + 1)
        .returning(row.post_id)
    )
    posts = set(changed.scalars())
    noting.note(noting.HELD, [id] if posts else (), now)
    return posts


def doubt_held(now: datetime) -> int:
    """What is held as late, for its channel's keys or place, or for want of a yes, and was due before a
    restored database was found, may have gone out all the same: a person is not told that it did not;
    how many."""
    ended_at = _restored_at(now)
    if ended_at is None:
        return 0
    by_itself = row.hold.in_(("late", "reconnect", NO_PLACE, PAUSED, NOT_APPROVED))
    due = (row.state == HELD, by_itself, row.due_at <= ended_at)
    changed = update(table(Delivery)).where(*due).values(doubt(""))
    found = db.session.scalars(changed.returning(row.id)).all()
    noting.note(noting.HELD, found, now)
    return len(found)
