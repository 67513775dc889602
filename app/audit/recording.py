"""Appending: one event, inside the transaction of what it tells of.

Appends stand in line at the row of `audit_edge`, from `record` to the commit: so it is the last
thing that a route does before its commit."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any

from flask import g, has_request_context
from sqlalchemy import bindparam, insert, select, update

from app import clock, vault, viewer
from app.audit import leaves, merkle
from app.audit.actions import ACTIONS, PERSONAL
from app.audit.models import details as detail_rows
from app.audit.models import edges, events, keys
from app.db import db, inserting
from app.scope import across_organizations


@dataclass(frozen=True)
class Edge:
    """The log's length and the tree's right edge, with the row locked."""

    size: int
    hashes: list[bytes]


def record(
    action: str,
    *,
    subject: int | None = None,
    organization: int | None = None,
    actor: int | None = None,
    **details: Any,
) -> None:
    """Append what was done. Actor and organisation are those of the request unless given;
    `subject` is the person concerned when it is not the actor. Details are ids, codes and
    numbers, never what somebody wrote. The caller commits, at once."""
    if action not in ACTIONS:
        raise ValueError(f"{action} is not in app/audit/actions.py")
    db.session.flush()
    actor = asker() if actor is None else actor
    if organization is None and action not in PERSONAL:
        organization = own_organization()
    append(action, organization, {"actor": actor, "subject": subject}, leaves.canonical(details))
    if has_request_context():
        g.audited = True


def unchanged() -> None:
    """This request changed nothing after all, so there is nothing to record."""
    g.audited = True


def asker() -> int | None:
    person = viewer.person()
    return person.id if person else None


def own_organization() -> int | None:
    member = g.get("member") if has_request_context() else None
    return member.organization_id if member else None


@across_organizations("one log for all of them")
def append(
    action: str, organization: int | None, people: dict[str, int | None], details: str
) -> None:
    edge, at = lock_edge(), clock.now()
    number, owner = edge.size, owner_of(people[leaves.ACTOR], people[leaves.SUBJECT])
    values = {part: leaves.person(id) for part, id in people.items()} | {leaves.DETAILS: details}
    salts = {part: leaves.new_salt() for part in leaves.PARTS}
    made = {part: leaves.commitment(salts[part], part, values[part]) for part in leaves.PARTS}
    leaf = merkle.leaf_hash(leaves.content(number, at, action, organization, made))
    hashes = merkle.append(edge.hashes, number, leaf)
    event = {"number": number, "at": at, "action": action, "organization_id": organization}
    opening: dict[str, Any] = {f"{part}_id": id for part, id in people.items()}
    opening |= {f"{part}_salt": salt for part, salt in salts.items()}
    opening |= {"number": number, "sealed": leaves.lock(key_of(owner), number, details)}
    log = db.session.connection()
    log.execute(NEW_EVENT, event | made | {"leaf": leaf, "peak": hashes[-1]})
    log.execute(NEW_DETAIL, opening)
    log.execute(NEW_END, {"size_now": number + 1, "hashes_now": b"".join(hashes)})


# Built once: each request that changes something runs them.
NEW_EVENT, NEW_DETAIL, NEW_KEY = insert(events), insert(detail_rows), insert(keys)
NEW_END = (
    update(edges)
    .where(edges.c.id == 1)
    .values(size=bindparam("size_now"), hashes=bindparam("hashes_now"))
)
END = select(edges.c.size, edges.c.hashes).where(edges.c.id == 1).with_for_update()
KEY = select(keys.c.sealed).where(keys.c.person_id == bindparam("person_id"))
OWN_KEY = select(keys.c.sealed).where(keys.c.person_id.is_(None))


def lock_edge() -> Edge:
    """Wait in line for the log's end."""
    log = db.session.connection()
    found = log.execute(END).one_or_none()
    if found is None:
        log.execute(_once(edges).values(id=1, size=0, hashes=b"", unlocked=False))
        found = log.execute(END).one()
    size = merkle.SIZE
    return Edge(found.size, [found.hashes[i : i + size] for i in range(0, len(found.hashes), size)])


def owner_of(actor: int | None, subject: int | None) -> int | None:
    """Whose key the details are under; None for the instance's own."""
    return actor if subject is None else subject


def key_of(person_id: int | None) -> bytes:
    """The key of a person's details, made with the first event. The edge is locked."""
    found = find_key(person_id)
    if found is None:
        found = secrets.token_bytes(32)
        sealed = vault.seal(base64.b64encode(found).decode(), bound_to=name_of(person_id))
        db.session.connection().execute(NEW_KEY, {"person_id": person_id, "sealed": sealed})
    return found


def find_key(person_id: int | None) -> bytes | None:
    chosen = OWN_KEY if person_id is None else KEY
    sealed = db.session.connection().scalar(chosen, {"person_id": person_id})
    if sealed is None:
        return None
    return base64.b64decode(vault.unseal(sealed, bound_to=name_of(person_id)))


def name_of(person_id: int | None) -> str:
    return f"audit_key:{leaves.person(person_id)}"


def _once(table: Any) -> Any:
    return inserting(table).on_conflict_do_nothing()
