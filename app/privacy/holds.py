"""Legal holds: what they name is not deleted and not emptied, for as long as they last (GDPR art. 17(3)(e)).

A hold counts from the moment that a second person approved it. It copies nothing and opens nothing."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, Table, false, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import Erase, Subject, link, mark, plain
from app.db import Model, db, lock
from app.privacy.paths import ORGANIZATION, PERSON, ways_to_organization, ways_to_person

LONGEST = timedelta(days=180)  # until somebody must look at a hold again


class Unsound(Exception):
    """The hold can't be placed or approved like that; the text says why."""


class LegalHold(Model):
    """One order to keep what belongs to a person or to an organisation."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_active", "scope", "target_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    scope: Mapped[str] = mapped_column(info=plain("user | organization"))
    target_id: Mapped[int] = mapped_column(info=plain("whose things are kept; no key on purpose"))
    authority: Mapped[str] = mapped_column(
        info=plain("who ordered it: a court, a regulator, counsel")
    )
    reason: Mapped[str] = mapped_column(
        info=plain("the case or the duty, never facts about people")
    )
    placed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.ACTOR, erase=Erase.NULL)
    )
    approved_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.ACTOR, erase=Erase.NULL)
    )
    placed_at: Mapped[datetime] = mapped_column(info=plain())
    approved_at: Mapped[datetime | None] = mapped_column(info=plain())
    review_on: Mapped[date] = mapped_column(Date, info=plain())
    released_at: Mapped[datetime | None] = mapped_column(info=plain())
    released_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.ACTOR, erase=Erase.NULL)
    )

    @property
    def is_active(self) -> bool:
        return self.approved_at is not None and self.released_at is None


def place(
    scope: str, target: int, authority: str, reason: str, review_on: date, by: int, now: datetime
) -> LegalHold:
    """Ask for a hold; a second person has to approve it. Raises Unsound."""
    if scope not in (PERSON, ORGANIZATION):
        raise Unsound("A hold names a person or an organisation.")
    if not now.date() < review_on <= (now + LONGEST).date():
        raise Unsound(f"Say a day within {LONGEST.days} days on which the hold is looked at again.")
    hold = LegalHold(
        scope=scope,
        target_id=target,
        authority=authority,
        reason=reason,
        placed_by_id=by,
        placed_at=now,
        review_on=review_on,
    )
    db.session.add(hold)
    db.session.flush()
    return hold


def approve(hold: LegalHold, by: int, now: datetime) -> None:
    """Raises Unsound for the person who placed it. A batch that is being deleted comes to its end
    first, and the next one sees the hold: see `active`."""
    if by == hold.placed_by_id:
        raise Unsound("Another person has to approve the hold.")
    if hold.released_at:
        raise Unsound("The hold is over.")
    lock(LegalHold)
    hold.approved_by_id, hold.approved_at = by, hold.approved_at or now


def prolong(hold: LegalHold, review_on: date, now: datetime) -> None:
    """Looked at and still needed. Raises Unsound."""
    if not now.date() < review_on <= (now + LONGEST).date():
        raise Unsound(f"Say a day within {LONGEST.days} days.")
    hold.review_on = review_on


def release(hold: LegalHold, by: int, now: datetime) -> None:
    """The ordinary rules count again from their next run on; nothing is deleted here."""
    hold.released_at, hold.released_by_id = hold.released_at or now, by


def active() -> list[LegalHold]:
    """The holds that count now, locked, so that none is placed while rows go."""
    wanted = select(LegalHold).where(
        LegalHold.approved_at.is_not(None), LegalHold.released_at.is_(None)
    )
    return list(db.session.scalars(wanted.with_for_update(read=True)))


def is_held(table: Table) -> ColumnElement[bool]:
    """The condition that some hold names a row of the table."""
    return or_(false(), *(condition for hold in active() for condition in _named(hold, table)))


def takes_held(table: Table) -> ColumnElement[bool]:
    """The condition that a row would take along, by its key's cascade, a row that some hold names.
    Parts aside: they are held when the row itself is."""
    found, holds = [], active()
    for key in _followed(table) if holds else []:
        child = key.parent.table
        if named := [condition for hold in holds for condition in _named(hold, child)]:
            named_there = select(key.parent).where(key.parent.is_not(None), or_(*named))
            found.append(key.column.in_(named_there))
    return or_(false(), *found)


def _followed(table: Table) -> list[ForeignKey]:
    return [
        key
        for child in db.metadata.tables.values()
        for key in child.foreign_keys
        if key.column.table is table and key.ondelete == "CASCADE"
        if (found := mark(key.parent)) and found.subject is None
    ]


def _named(hold: LegalHold, table: Table) -> list[ColumnElement[bool]]:
    if hold.scope == PERSON:
        ways = ways_to_person(db.metadata).get(table.name, [])
        return [way.rows_of(hold.target_id) for way in ways]
    theirs = ways_to_organization(db.metadata)
    return [theirs[table.name].rows_of(hold.target_id)] if table.name in theirs else []


def kept(hold: LegalHold) -> int:
    """How many rows it names."""
    rows = 0
    for table in db.metadata.sorted_tables:
        if named := _named(hold, table):
            counted = select(func.count()).select_from(table).where(or_(*named))
            rows += db.session.scalar(counted) or 0
    return rows
