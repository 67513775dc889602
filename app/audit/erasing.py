"""Taking people out of the log: their ids, salts, details and key go, the leaves stay as they are.

Each erasure is itself an event that names what it took, so that a hole nobody answers for is found."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from app import vault
from app.audit import leaves
from app.audit.guards import unlocked
from app.audit.models import details, edges, events, keys
from app.audit.recording import INSTANCE, append, lock_edge, name_of
from app.db import db

PERSON, SHREDDED = "person.erased", "audit.details_shredded"
ERASURES = (PERSON, SHREDDED)
Spans = list[list[int]]


def erase_person(person_id: int) -> int:
    """Take a person out of every event; how many events lost something. The caller commits."""
    lock_edge()
    by = _numbers(details.c.actor_id == person_id)
    about = _numbers(details.c.subject_id == person_id)
    under = _numbers(details.c.key_id == person_id)
    with unlocked():
        for column, part in (("actor_id", "actor"), ("subject_id", "subject")):
            gone = {column: None, f"{part}_salt": None}
            db.session.execute(update(details).where(details.c[column] == person_id).values(**gone))
        db.session.execute(
            update(details)
            .where(details.c.key_id == person_id)
            .values(details_salt=None, sealed=None, key_id=INSTANCE)
        )
        db.session.execute(delete(keys).where(keys.c.person_id == person_id))
    taken = {"actor": spans(by), "subject": spans(about), "details": spans(under)}
    _answer_for(PERSON, taken)
    return len({*by, *about, *under})


def forget_before(moment: datetime) -> int:
    """Shred what opens the events before an instant; how many events. The caller commits."""
    lock_edge()
    old = select(events.c.number).where(events.c.at < moment, events.c.action.not_in(ERASURES))
    numbers = _numbers(details.c.number.in_(old))
    with unlocked():
        db.session.execute(delete(details).where(details.c.number.in_(old)))
    if numbers:
        whole = spans(numbers)
        _answer_for(SHREDDED, dict.fromkeys(leaves.PARTS, whole))
    return len(numbers)


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
