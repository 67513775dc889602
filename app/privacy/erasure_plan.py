"""What an erasure does, read off the marks: which rows go, which are emptied, in which order.

The same plan is shown beforehand, carried out, and looked at afterwards."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, MetaData, Table, and_

from app.datamap import Erase, emptied, mark
from app.privacy.paths import (
    PERSON,
    Way,
    order_for_removal,
    ways_to_organization,
    ways_to_person,
)
from app.privacy.portions import Holder
from app.privacy.removal import Act, count
from app.scope import across_organizations


def acts(metadata: MetaData, holder: Holder) -> list[Act]:
    """For a person, and for the organisations that go with them: children before their parents."""
    own, theirs = ways_to_person(metadata), ways_to_organization(metadata)
    found: list[Act] = []
    for table in order_for_removal(metadata):
        if table.name in theirs:
            found += [Act(table, theirs[table.name].rows_of(id)) for id in holder.organizations]
        for way in own.get(table.name, []):
            found += _of_way(way, holder)
        found += _by_address(table, holder)
    return found


def _of_way(way: Way, holder: Holder) -> Iterator[Act]:
    """A link that deletes takes the row and its parts; one that empties lets go of the person and
    of what is theirs in the row, and the rest of it stays."""
    if way.table.name == PERSON:
        return
    link = mark(way.steps[-1].column)
    assert link
    if link.erase is Erase.DELETE_ROW:
        yield Act(way.table, way.rows_of(holder.id))
    elif link.erase is Erase.NULL:
        key = [way.steps[0].column] if way.is_direct else []
        if empties := (*key, *_theirs(way.table)):
            yield Act(way.table, way.rows_of(holder.id), empties=empties)


def _by_address(table: Table, holder: Holder) -> Iterator[Act]:
    if table.name == PERSON or not holder.address:
        return
    for column in table.columns:
        found = mark(column)
        if not found or not found.by_address:
            continue
        if found.erase is Erase.DELETE_ROW:
            yield Act(table, column == holder.address)
        elif found.erase is Erase.NULL:
            yield Act(table, column == holder.address, empties=tuple(_theirs(table)))


def _theirs(table: Table) -> list[Column[Any]]:
    """The person's part of a row that stays."""
    marked = ((column, mark(column)) for column in table.columns)
    return [c for c, found in marked if found and found.is_personal and found.erase is Erase.NULL]


def emptying(metadata: MetaData, holder: Holder, now: object) -> Act:
    """The last act: the person's own row becomes an empty shell."""
    table = metadata.tables[PERSON]
    mine = and_(table.c.id == holder.id, table.c.erased_at.is_(None))
    ends = (("erased_at", now), ("closing_at", None))
    return Act(table, mine, empties=tuple(emptied(table)), values=ends)


@across_organizations("what is about one person lies in several")
def preview(metadata: MetaData, holder: Holder) -> list[tuple[Act, int]]:
    """Each act with the number of rows that it finds now."""
    counted = ((act, count(act)) for act in acts(metadata, holder))
    return [(act, rows) for act, rows in counted if rows]


def hash_of(metadata: MetaData, holder: Holder) -> str:
    """What a person confirms: the tables and what happens to them, not how many rows there are."""
    lines = [
        [act.table.name, act.word, [c.name for c in act.empties]] for act in acts(metadata, holder)
    ]
    return hashlib.sha256(json.dumps([lines, sorted(holder.organizations)]).encode()).hexdigest()
