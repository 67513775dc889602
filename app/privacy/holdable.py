"""What a legal hold keeps from everybody: tables and columns, read off the marks.

Left out is what ends by itself soon, and what lets somebody in: a hold keeps evidence, it does not
keep a session alive, a lost passkey good or a door open: docs/decisions/0014."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Column, MetaData, Table

from app.datamap import Erase, Export, Mark, Purpose, Retention, Subject, mark
from app.privacy.paths import Way, ways_to_organization, ways_to_person

SHORT = {
    Retention.ADDRESS,
    Retention.CONNECTION,
    Retention.EXPORT,
    Retention.IMPORT,
    Retention.ONE_TIME,
    Retention.SESSION,
    Retention.TELEMETRY,
}
DOORS = {Purpose.AUTHENTICATE, Purpose.AUTHORISE}


def ways_of(metadata: MetaData, table: Table) -> tuple[list[Way], list[Way]]:
    """The ways by which its rows are a person's, and those by which they are an organisation's."""
    theirs = ways_to_organization(metadata)
    found = [theirs[table.name]] if table.name in theirs else []
    return ways_to_person(metadata).get(table.name, []), found


def holdable(metadata: MetaData) -> list[Table]:
    """Parents first. With a table come its parts, and the tables that its ways lead over: a row that
    can't be followed to its person any more would be held by nobody."""
    own, theirs = ways_to_person(metadata), ways_to_organization(metadata)
    named = [table for table in metadata.sorted_tables if table.name in {*own, *theirs}]
    chosen = {table.name for table in named if _is_evidence(table)}
    for table in named:
        if not _is_door(table) and chosen & set(_wholes(table)):
            chosen.add(table.name)
    ways = chain(*(own.get(name, []) for name in chosen), (theirs[n] for n in chosen & {*theirs}))
    chosen |= {step.target.table.name for way in ways for step in way.steps}
    return [table for table in named if table.name in chosen]


def kept_full(table: Table) -> list[Column[Any]]:
    """The columns that a hold keeps from being emptied: those that an erasure would empty. Others
    change in the normal course of work, and what was written there before is nowhere anyway."""
    return [
        column
        for column in table.columns
        if column.nullable
        and (found := mark(column))
        and found.erase is Erase.NULL
        and found.export is Export.VALUE
        and found.retention not in SHORT
    ]


def _is_evidence(table: Table) -> bool:
    found = list(_marks(table))
    if any(one.erase is Erase.SHRED for one in found):  # or what opens it
        return True
    lasts = any(one.is_personal and one.retention not in SHORT for one in found)
    return lasts and not _is_door(table)


def _is_door(table: Table) -> bool:
    """Does each row let somebody in?"""
    return any(
        found.is_personal and found.purpose in DOORS and not column.nullable
        for column in table.columns
        if (found := mark(column))
    )


def _wholes(table: Table) -> Iterator[str]:
    """The tables whose rows its own are parts of."""
    for column in table.columns:
        if (found := mark(column)) and found.subject is Subject.PART:
            yield from (key.column.table.name for key in column.foreign_keys)


def _marks(table: Table) -> Iterator[Mark]:
    return (found for column in table.columns if (found := mark(column)))
