"""Taking people out of the log: their ids, salts, details and key go, the leaves stay as they are.

Each erasure is itself an event that names what it took, so that a hole nobody answers for is found."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    false,
    func,
    not_,
    or_,
    select,
    true,
    update,
)

from app import vault
from app.audit import leaves
from app.audit.guards import unlocked
from app.audit.models import details, edges, events, keys
from app.audit.recording import append, lock_edge, name_of
from app.db import db
from app.scope import across_organizations

PERSON, SHREDDED = "person.erased", "audit.details_shredded"
ERASURES = (PERSON, SHREDDED)
GONE: dict[str, dict[str, None]] = {
    leaves.DETAILS: {"details_salt": None, "sealed": None},
    leaves.ACTOR: {"actor_id": None, "actor_salt": None},
    leaves.SUBJECT: {"subject_id": None, "subject_salt": None},
}
Spans = list[list[int]]


@across_organizations("a person is taken out of the whole log")
def erase_person(person_id: int) -> int:
    """Take a person out of every event; how many events lost something. The caller commits."""
    lock_edge()
    is_actor, is_subject = details.c.actor_id == person_id, details.c.subject_id == person_id
    is_under_their_key = or_(is_subject, and_(is_actor, details.c.subject_id.is_(None)))
    conditions = {
        leaves.DETAILS: is_under_their_key,
        leaves.ACTOR: is_actor,
        leaves.SUBJECT: is_subject,
    }
    taken = {part: _numbers(condition) for part, condition in conditions.items()}
    with unlocked():
        for part, condition in conditions.items():
            db.session.execute(update(details).where(condition).values(GONE[part]))
        db.session.execute(delete(keys).where(keys.c.person_id == person_id))
    _answer_for(PERSON, {part: spans(numbers) for part, numbers in taken.items()})
    return len(set().union(*taken.values()))


@across_organizations("old details go from the whole log")
def forget_before(moment: datetime, spared: ColumnElement[bool] = false()) -> int:
    """Shred what opens the events before an instant, except the details that are `spared`; how
    many events. The caller commits."""
    lock_edge()
    old = and_(details.c.number.in_(_before(moment)), not_(spared))
    numbers = _numbers(old)
    with unlocked():
        db.session.execute(delete(details).where(old))
    if numbers:
        whole = spans(numbers)
        _answer_for(SHREDDED, dict.fromkeys(leaves.PARTS, whole))
    return len(numbers)


@across_organizations("old details go from the whole log")
def count_before(moment: datetime, among: ColumnElement[bool] = true()) -> int:
    """Events before an instant whose details are still here."""
    chosen = select(func.count()).select_from(details).where(among)
    return db.session.scalar(chosen.where(details.c.number.in_(_before(moment)))) or 0


def _before(moment: datetime) -> Select[tuple[int]]:
    return select(events.c.number).where(events.c.at <= moment, events.c.action.not_in(ERASURES))


def _numbers(condition: ColumnElement[bool]) -> Sequence[int]:
    chosen = select(details.c.number).where(condition).order_by(details.c.number)
    return db.session.scalars(chosen).all()


def _answer_for(action: str, taken: dict[str, Spans]) -> None:
    """Nobody is named as the actor: it would put the person in again."""
    nobody: dict[str, int | None] = {leaves.ACTOR: None, leaves.SUBJECT: None}
    append(action, None, nobody, leaves.canonical({"taken": taken}))


def spans(numbers: Iterable[int]) -> Spans:
    """[1, 2, 3, 7] as [[1, 3], [7, 7]]."""
    found: Spans = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def reseal_keys() -> int:
    """Every key under the first of ENCRYPTION_KEYS; how many. The caller commits."""
    lock_edge()
    rows = db.session.execute(select(keys)).all()
    with unlocked():
        for row in rows:
            vault.unseal(row.sealed, bound_to=name_of(row.person_id))
            db.session.execute(
                update(keys)
                .where(keys.c.person_id == row.person_id)
                .values(sealed=vault.reseal(row.sealed))
            )
    signer = db.session.scalar(select(edges.c.signer))
    if signer:
        db.session.execute(update(edges).values(signer=vault.reseal(signer)))
    return len(rows) + bool(signer)
