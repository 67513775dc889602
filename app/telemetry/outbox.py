"""The ledger of what leaves about people, and the product events in it that still wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, delete, select, update

from app import clock
from app.db import db, table
from app.telemetry import gates, registry
from app.telemetry.models import POSTHOG, SENT, UNSURE, WAITING, TelemetryRecord

KEPT = timedelta(days=30)
GIVE_UP = timedelta(days=1)  # an event that could not be sent for so long is not sent any more
MOST = 50  # events in one request
TEND = 10.0  # seconds between two looks of the clock

row = table(TelemetryRecord).c


@dataclass(frozen=True)
class Parcel:
    """Events that are about to leave; their rows say `unsure` until an answer came."""

    ids: tuple[int, ...]
    payloads: tuple[str, ...]


def take(now: datetime) -> Parcel | None:
    """The next events to send, after asking again whether they may go; what may not is dropped.
    None when nothing waits. The caller commits before it sends."""
    waiting = (row.recipient == POSTHOG, row.state == WAITING)
    if not gates.is_telling():
        _run(delete(table(TelemetryRecord)).where(*waiting))
        return None
    _run(delete(table(TelemetryRecord)).where(*waiting, row.made_at < now - GIVE_UP))
    chosen = list(db.session.scalars(select(row.id).where(*waiting).order_by(row.id).limit(MOST)))
    taken = (
        update(table(TelemetryRecord))
        .where(row.id.in_(chosen), row.state == WAITING)
        .values(state=UNSURE, sent_at=now, host=gates.recipients().product)
        .returning(row.id, row.user_id, row.name, row.payload)
    )
    found = sorted(db.session.execute(taken).all(), key=lambda one: one.id) if chosen else []
    consents = {id: gates.state().consents(id) for id in {one.user_id for one in found}}
    going = [one for one in found if consents[one.user_id] and _may_go(one.name, now)]
    drop = {one.id for one in found} - {one.id for one in going}
    _run(delete(table(TelemetryRecord)).where(row.id.in_(drop)))
    if not found:
        return None
    return Parcel(tuple(one.id for one in going), tuple(one.payload for one in going))


def _may_go(name: str, now: datetime) -> bool:
    event = registry.events().get(name)
    return event is not None and event.is_live(now)


def settle(parcel: Parcel, *, state: str) -> None:
    """Write down what came of it: sent, or refused and waiting again."""
    values = {"state": state} if state == SENT else {"state": state, "sent_at": None}
    _run(update(table(TelemetryRecord)).where(row.id.in_(parcel.ids)).values(values))


def drop_waiting(person_id: int) -> int:
    """Nothing that still waits about this person will be sent; how much that was."""
    mine = (row.user_id == person_id, row.state == WAITING)
    return _run(delete(table(TelemetryRecord)).where(*mine))


def sent_about(person_id: int, now: datetime, most: int = 200) -> list[TelemetryRecord]:
    """What a person sees: the last 30 days, the newest first."""
    mine = TelemetryRecord.of(person_id).where(TelemetryRecord.made_at >= now - KEPT)
    return list(db.session.scalars(mine.limit(most)))


def tend(now: datetime) -> bool:
    """The clock's part, every few seconds: true when events wait to be sent; the
    caller commits, then rings for `jobs.send_waiting`."""
    state, present = gates.state(), clock.stopwatch()
    if state.tended_at is not None and present - state.tended_at < TEND:
        return False
    state.tended_at = present
    waiting = select(row.id).where(row.recipient == POSTHOG, row.state == WAITING).limit(1)
    return db.session.scalar(waiting) is not None


def _run(statement: Executable) -> int:
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount
