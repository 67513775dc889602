"""The one place where personal rows are deleted or emptied: batch by batch, never what a hold names.

Files go after the rows that name them are committed, so that a crash leaves a file too many and never
a row without its file; what was left is found by the scanner."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    Table,
    and_,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)

from app import storage
from app.datamap import mark
from app.db import db
from app.privacy.holds import is_held, takes_held

BATCH = 1000


@dataclass(frozen=True)
class Act:
    """What is to be done to some rows of one table: delete them, or empty columns of them."""

    table: Table
    condition: ColumnElement[bool]
    empties: tuple[Column[Any], ...] = ()
    values: tuple[tuple[str, Any], ...] = ()  # written along with the emptying

    @property
    def word(self) -> str:
        return "emptied" if self.empties else "deleted"

    @property
    def due(self) -> ColumnElement[bool]:
        """Rows to which it was not done yet."""
        if not self.empties:
            return self.condition
        return and_(self.condition, or_(*(column.is_not(None) for column in self.empties)))


def count(act: Act) -> int:
    return db.session.scalar(select(func.count()).select_from(act.table).where(act.due)) or 0


def count_held(act: Act) -> int:
    """Rows that stay because of a hold."""
    held = and_(act.due, _stays(act))
    return db.session.scalar(select(func.count()).select_from(act.table).where(held)) or 0


def _stays(act: Act) -> ColumnElement[bool]:
    """What a hold names, and what could not go without taking such a row along."""
    held = is_held(act.table)
    return held if act.empties else or_(held, takes_held(act.table))


def remove_some(act: Act) -> tuple[int, list[str]]:
    """Do it to one batch of rows; how many, and the files to discard once this is committed.
    Zero rows: nothing is left but what a hold names."""
    keys = list(act.table.primary_key)
    chosen = select(*keys).where(act.due, not_(_stays(act))).limit(BATCH)
    rows = db.session.execute(chosen).all()
    if not rows:
        return 0, []
    these = or_(*(and_(*(k == v for k, v in zip(keys, row, strict=True))) for row in rows))
    if len(keys) == 1:
        these = keys[0].in_([row[0] for row in rows])
    files = list(_files(act.empties or tuple(act.table.columns), these))
    if act.empties:
        nothing = {column.name: None for column in act.empties} | dict(act.values)
        done: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
            update(act.table).where(these).values(nothing)
        )
    else:
        done = db.session.execute(delete(act.table).where(these))  # type: ignore[assignment]
    db.session.expire_all()
    return done.rowcount, files


def remove_all(act: Act, commit: Callable[[], None]) -> int:
    """Batch by batch, each committed before its files go; how many rows."""
    rows = 0
    while True:
        some, files = remove_some(act)
        commit()
        discard_files(files)
        if not some:
            return rows
        rows += some


def _files(gone: tuple[Column[Any], ...], these: ColumnElement[bool]) -> Iterator[str]:
    for column in gone:
        if (found := mark(column)) and found.names_file:
            yield from db.session.scalars(select(column).where(these, column.is_not(None)))


def discard_files(keys: list[str]) -> None:
    for key in keys:
        storage.discard(key)
