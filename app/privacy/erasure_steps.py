"""The steps of an erasure, each safe to take twice: whoever resumes finds what is left to do."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import MetaData, or_, update

from app import audit
from app.account import sessions
from app.account.membership import own
from app.account.models import Membership
from app.datamap import mark
from app.db import db
from app.privacy import erasure_plan, removal, scanner
from app.privacy.erasures import (
    AWAITING,
    CLOSED,
    EXECUTING,
    OPEN,
    PARTIAL,
    Erasure,
)
from app.privacy.recipients import FAILED, FAREWELLS, PENDING, ErasureNotice

LEASE = timedelta(minutes=10)
HELD = "a legal hold names it"
OF_ORGANIZATION = "free text of an organisation, which decides about it; it was told"
LEFT_OVER = "found afterwards; an operator was told"

Commit = Callable[[], None]


def begin(erasure: Erasure, now: datetime) -> bool:
    """False when it was taken back, is over, or another worker is at it."""
    is_free = or_(Erasure.lease_until.is_(None), Erasure.lease_until <= now)
    taken = (
        update(Erasure)
        .where(Erasure.id == erasure.id, Erasure.state.in_(OPEN), is_free)
        .values(state=EXECUTING, lease_until=now + LEASE)
        .returning(Erasure.id)
    )
    if db.session.scalar(taken) is None:
        return False
    sessions.revoke(erasure.user_id)
    return True


def say_farewell(erasure: Erasure, now: datetime, commit: Commit) -> None:
    """Elsewhere, for each organisation that goes, while its keys are still here."""
    for organization in erasure.organizations:
        for farewell in FAREWELLS.values():
            for id in farewell.find(organization):
                farewell.say(id, now)
                commit()


def hand_over(erasure: Erasure, now: datetime) -> None:
    """Make those owners whom the person chose."""
    for id, choice in erasure.choices.items():
        heir = db.session.get(Membership, int(choice)) if choice.isdecimal() else None
        if heir and heir.organization_id == int(id):
            own(heir)
    _done(erasure, "organizations", now, len(erasure.choices))


def remove_rows(erasure: Erasure, metadata: MetaData, now: datetime, commit: Commit) -> None:
    """Everything but the person's own row, batch by batch, each committed before its files go."""
    rows = 0
    for act in erasure_plan.acts(metadata, erasure.holder):
        rows += removal.remove_all(act, commit)
    _done(erasure, "rows", now, rows)


def empty_shell(erasure: Erasure, metadata: MetaData, now: datetime) -> None:
    """The trail forgets the person, then their own row is emptied for good; a hold keeps both."""
    act = erasure_plan.emptying(metadata, erasure.holder, now)
    if removal.count_held(act):
        return
    events = audit.erase_person(erasure.user_id)
    _done(erasure, "trail", now, events)
    some, _ = removal.remove_some(act)
    _done(erasure, "person", now, some)


def look_afterwards(erasure: Erasure, metadata: MetaData, now: datetime) -> None:
    """Search every store for the person, and write down what is still there and why."""
    known = erasure.name_and_address
    found = scanner.look_for(known["email"], known["name"])
    kept = [
        {"place": trace.place, "count": trace.count, "why": _why(trace.place, metadata)}
        for trace in found.traces
    ]
    kept += [
        {"place": act.table.name, "count": held, "why": HELD}
        for act in [
            *erasure_plan.acts(metadata, erasure.holder),
            erasure_plan.emptying(metadata, erasure.holder, now),
        ]
        if (held := removal.count_held(act))
    ]
    kept += [{"place": name, "count": 0, "why": "could not be looked at"} for name in found.unseen]
    erasure.kept = kept
    _done(erasure, "looked", now, sum(trace.count for trace in found.traces))


def _why(place: str, metadata: MetaData) -> str:
    table, _, column = place.partition(".")
    if table in metadata.tables and column in metadata.tables[table].c:
        found = mark(metadata.tables[table].c[column])
        if found and found.is_organizations:
            return OF_ORGANIZATION
    return LEFT_OVER


def outcome(erasure: Erasure) -> str:
    """Complete only when every recipient has answered and nothing of ours is left."""
    notices = db.session.scalars(ErasureNotice.of(erasure.id)).all()
    if any(notice.state == PENDING for notice in notices):
        return AWAITING
    for notice in (one for one in notices if one.state == FAILED):
        why = "it did not answer; an operator was told"
        erasure.kept = [*erasure.kept, {"place": notice.recipient, "count": 1, "why": why}]
    is_whole = all(one["why"] == OF_ORGANIZATION for one in erasure.kept)
    return CLOSED if is_whole else PARTIAL


def close(erasure: Erasure, state: str, now: datetime) -> None:
    erasure.state, erasure.lease_until = state, None
    if state != AWAITING:
        erasure.closed_at, erasure.identity = now, None


def _done(erasure: Erasure, step: str, now: datetime, rows: int) -> None:
    """Resumed steps add up; the search afterwards and the choices are said anew."""
    before = (
        0 if step in ("looked", "organizations") else erasure.steps.get(step, {}).get("rows", 0)
    )
    erasure.steps = {**erasure.steps, step: {"at": now.isoformat(), "rows": before + rows}}
