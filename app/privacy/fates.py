"""Which tables of a copy come back and which stay behind, and why: read off the marks and the keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Index, MetaData, String, Table, UniqueConstraint

from app.coming_back import anew
from app.datamap import Basis, Category, Export, Mark, Purpose, Retention, Subject, mark
from app.privacy.paths import PERSON

KEYS = "it opens something, and keys are never in a copy"
MACHINE = "it is what the machine noted for itself"
BY_BASIS = {
    Basis.SECURITY: "it was kept for the security of the instance where it happened",
    Basis.LEGAL_OBLIGATION: "it is the other instance's own record of what it owed you",
    Basis.CONSENT: "it rests on a yes that was given to another instance",
}
LINK = "it is a link that only the other instance can answer"
TALK = "it is a talk with the people of the other instance"


@dataclass(frozen=True)
class Fate:
    """What becomes of a table's rows; `stays` is the reason why they don't come back."""

    table: Table
    stays: str = ""

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def links(self) -> list[Column[Any]]:
        """Keys to other rows, which are written anew."""
        return [column for column in self.table.columns if column.foreign_keys]

    @cached_property
    def values(self) -> list[Column[Any]]:
        """Columns whose values come back."""
        return [column for column in self.table.columns if _comes_back(column)]

    @cached_property
    def file(self) -> Column[Any] | None:
        """The column that names a file of the copy."""
        return next((c for c in self.table.columns if _marked(c).names_file), None)

    @cached_property
    def key(self) -> Column[Any]:
        [key] = self.table.primary_key
        return key

    @cached_property
    def known_by(self) -> list[tuple[str, ...]]:
        """Sets of columns of which no two rows have the same values: how a row is found again."""
        return list(_unique(self.table))


def fates(metadata: MetaData) -> dict[str, Fate]:
    """By table, parents first."""
    found: dict[str, Fate] = {}
    for table in metadata.sorted_tables:
        parents = (found[name].stays for name in _needs(table) if name in found)
        why = _why_it_stays(table) or next(filter(None, parents), "")
        found[table.name] = Fate(table, why)
    return found


def target(column: Column[Any]) -> str:
    """The table that a key points into."""
    [key] = column.foreign_keys
    return key.column.table.name


def _marked(column: Column[Any]) -> Mark:
    return mark(column) or Mark(Category.NONE, export=Export.OMIT)


def _why_it_stays(table: Table) -> str:
    if table.name == PERSON:
        return ""
    marked = [(column, _marked(column)) for column in table.columns]
    if any(m.export is not Export.VALUE and not column.nullable for column, m in marked):
        return KEYS
    for _, found in marked:
        if found.is_personal and not found.is_organizations and found.back is None:
            if found.basis in BY_BASIS:
                return BY_BASIS[found.basis]
            if found.retention is Retention.ONE_TIME:
                return LINK
            if found.purpose is Purpose.SUPPORT:
                return TALK
    says = any(found.is_personal for _, found in marked) or _only_ties(table)
    return "" if says else MACHINE


def _only_ties(table: Table) -> bool:
    """Is a row nothing but that two others belong together?"""
    keys = [column for column in table.columns if column.foreign_keys]
    return len(keys) > 1 and all(one.primary_key for one in table.columns if one not in keys)


def _needs(table: Table) -> Iterator[str]:
    """Tables without whose rows its own can't be."""
    for column in table.columns:
        if column.foreign_keys and not column.nullable:
            yield target(column)


def _comes_back(column: Column[Any]) -> bool:
    found = _marked(column)
    if column.table.name == PERSON:
        return found.back is not None
    return not (
        column.primary_key
        or column.foreign_keys
        or found.names_file
        or found.export is not Export.VALUE
        or found.back is anew
    )


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    if named := table.info.get("known_by"):
        yield named
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(column.name for column in constraint.columns)
    for index in table.indexes:
        if isinstance(index, Index) and index.unique and not _is_partial(index):
            yield tuple(column.name for column in index.columns)


def _is_partial(index: Index) -> bool:
    return any(
        index.dialect_options[name].get("where") is not None for name in ("sqlite", "postgresql")
    )


def is_part(column: Column[Any]) -> bool:
    return _marked(column).subject is Subject.PART


def faults(metadata: MetaData) -> list[str]:
    """Words that a copy would bring back without anybody having said what they may be."""
    return [
        f"{column}: comes back with a copy and does not say what it may be"
        for fate in fates(metadata).values()
        if not fate.stays
        for column in fate.values
        if isinstance(column.type, String)
        and not (_marked(column).is_personal or _marked(column).back)
    ]
