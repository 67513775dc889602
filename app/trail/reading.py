"""The trail as people read it: names instead of numbers, words instead of codes, the newest first."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from app.account.models import User
from app.audit.actions import ACTIONS
from app.audit.leaves import DETAILS
from app.audit.models import details, events
from app.audit.openings import BOTH, Opener
from app.db import db, read_only
from app.scope import across_organizations, within_organization

PAGE = 50
CHUNK = 500  # rows of a download that are read at once
ERASED = "Somebody who was erased"
NOBODY = "Nobody signed in"


@dataclass(frozen=True)
class Shown:
    """One event in words; `whom` is empty when it concerns nobody else."""

    number: int
    at: datetime
    action: str
    words: str
    who: str
    whom: str
    details: str


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for; None for everything."""

    person: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.person is not None:
            yield _about(self.person)
        if self.action is not None:
            yield events.c.action == self.action
        if self.since is not None:
            yield events.c.at >= self.since
        if self.until is not None:
            yield events.c.at < self.until


def of_organization(organization_id: int, wanted: Wanted) -> Select[Any]:
    return BOTH.where(events.c.organization_id == organization_id, *wanted.conditions())


@across_organizations("what a person did, and what was done to them, in all of theirs")
def own_page(user: User, older_than: int | None) -> "tuple[list[Shown], int | None]":
    return page_of(BOTH.where(_about(user.id)), older_than)


@across_organizations("one event by or about a person, in any of theirs")
def own_event(user: User, number: int) -> Row[Any] | None:
    chosen = BOTH.where(_about(user.id), events.c.number == number)
    return db.session.execute(chosen).one_or_none()


def _about(person_id: int) -> ColumnElement[bool]:
    return or_(details.c.actor_id == person_id, details.c.subject_id == person_id)


def page_of(rows: Select[Any], older_than: int | None) -> tuple[list[Shown], int | None]:
    """The newest events below a number, and the number that the next page goes on from."""
    if older_than is not None:
        rows = rows.where(events.c.number < older_than)
    newest = rows.order_by(events.c.number.desc()).limit(PAGE + 1)
    found = db.session.execute(newest).all()
    return shown(found[:PAGE]), found[PAGE - 1].number if len(found) > PAGE else None


def everything(organization_id: int, wanted: Wanted) -> Iterator[Shown]:
    """All of it from the oldest on, up to what is there now. The request may be over while this is
    read, so each chunk says whose it is, and no transaction stays open between two."""
    rows, after = of_organization(organization_id, wanted), -1
    with read_only(), within_organization(organization_id):
        end = db.session.scalar(select(func.max(events.c.number))) or 0
    rows = rows.where(events.c.number <= end).order_by(events.c.number).limit(CHUNK)
    while True:
        with read_only(), within_organization(organization_id):
            db.session.rollback()
            found = db.session.execute(rows.where(events.c.number > after)).all()
            lines = shown(found)
            db.session.rollback()
        if not found:
            return
        after = found[-1].number
        yield from lines


def shown(rows: Iterable[Row[Any]]) -> list[Shown]:
    rows, opener = list(rows), Opener()
    people = names({id for row in rows for id in (row.opening_actor_id, row.opening_subject_id)})
    return [_show(row, opener, people) for row in rows]


def names(ids: set[int | None]) -> dict[int, str]:
    found = select(User.id, User.name).where(User.id.in_(ids - {None}))
    return {row.id: row.name for row in db.session.execute(found)}


def _show(row: Row[Any], opener: Opener, people: dict[int, str]) -> Shown:
    text = opener.value(row, DETAILS)
    return Shown(
        number=row.number,
        at=row.at,
        action=row.action,
        words=ACTIONS.get(row.action, row.action),
        who=_name(row.opening_actor_id, row.opening_actor_salt, people) or NOBODY,
        whom=_name(row.opening_subject_id, row.opening_subject_salt, people),
        details=describe(json.loads(text)) if text else "Details erased",
    )


def _name(id: int | None, salt: bytes | None, people: dict[int, str]) -> str:
    return ERASED if salt is None else people.get(id or 0, "")


def describe(facts: dict[str, Any]) -> str:
    """{'role': 'viewer', 'was': 'editor'} as `role viewer, was editor`."""
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in sorted(facts.items()))
