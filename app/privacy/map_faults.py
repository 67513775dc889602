"""What is wrong with the data map. The build fails on any: there is no list of exceptions."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Column, MetaData, Table

from app.datamap import Export, Mark, columns, mark
from app.privacy.map_agreements import disagreements
from app.privacy.paths import PERSON, ways_to_organization, ways_to_person

PLACEHOLDERS = {"todo", "tbd", "fixme", "xxx", "misc", "other", "n/a", "none", "reason"}


def faults(metadata: MetaData) -> list[str]:
    """A sentence for each fault; an empty list when the map is closed."""
    found = [
        f"{column}: {fault}"
        for column in columns(metadata)
        for fault in _faults_of(column, mark(column))
    ]
    return found or [*_unreachable(metadata), *disagreements(metadata)]


def _faults_of(column: Column[Any], found: Mark | None) -> Iterator[str]:
    if found is None:
        yield "has no privacy mark"
        return
    if isinstance(column.type, JSON):
        yield "is JSON without a list of its keys: make it Keyed"
    points_at_person = any(key.column.table.name == PERSON for key in column.foreign_keys)
    if points_at_person and found.subject is None:
        yield "points at a person but does not say which part the person plays"
    if not found.is_personal:
        return
    words = found.why.strip().lower()
    if len(words) < 12 or PLACEHOLDERS & set(words.replace(":", " ").replace(".", " ").split()):
        yield f"its reason is a placeholder: {found.why!r}"
    if None in (found.purpose, found.basis, found.retention, found.erase):
        yield "is personal but lacks purpose, basis, retention or erasure"
    if found.unlinked and found.export is not Export.OMIT:
        yield "can't be linked to a person, so no copy can hold it"


def _unreachable(metadata: MetaData) -> Iterator[str]:
    """Personal columns that no copy and no erasure would ever find."""
    ours, theirs = ways_to_person(metadata), ways_to_organization(metadata)
    for table in metadata.sorted_tables:
        for column, found in ((c, mark(c)) for c in table.columns):
            if not found or not found.is_personal or found.unlinked:
                continue
            if found.is_organizations:
                if table.name not in theirs:
                    yield f"{column}: is an organisation's, but no key leads to one"
            elif table.name not in ours and not _has_address(table):
                yield f"{column}: is personal, but no key or address leads to the person"


def _has_address(table: Table) -> bool:
    return any((found := mark(column)) and found.by_address for column in table.columns)
