"""From a person, or an organisation, to every row that is theirs: ways over the foreign keys.

A way is read off the marks and the keys in the metadata; no table is named here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Table, select

from app.datamap import Subject, mark

PERSON, ORGANIZATION = "user", "organization"
LONGEST = 6  # keys on one way; a longer one would be a chain that nobody can follow


@dataclass(frozen=True)
class Step:
    """One foreign key, followed from a row to the row that it points at."""

    column: Column[Any]
    target: Column[Any]

    @property
    def subject(self) -> Subject | None:
        found = mark(self.column)
        return found.subject if found else None


@dataclass(frozen=True)
class Way:
    """How rows of a table belong to somebody: no step for the row of the person itself."""

    table: Table
    steps: tuple[Step, ...]

    @property
    def is_direct(self) -> bool:
        """Does the row itself name the person?"""
        return len(self.steps) <= 1

    def rows_of(self, id: int) -> ColumnElement[bool]:
        """The condition that a row of the table belongs to the one with this id."""
        if not self.steps:
            [key] = self.table.primary_key
            return key == id
        condition: ColumnElement[bool] = self.steps[-1].column == id
        for step in reversed(self.steps[:-1]):
            condition = step.column.in_(select(step.target).where(condition))
        return condition

    def __str__(self) -> str:
        return " > ".join(str(step.column) for step in self.steps) or self.table.name


def ways_to_person(metadata: MetaData) -> dict[str, list[Way]]:
    """By table: over keys that say which part a person plays, and over parts of such rows."""
    return _ways(metadata, PERSON, lambda step: step.subject is not None)


def ways_to_organization(metadata: MetaData) -> dict[str, Way]:
    """By table, the shortest: over keys that can't be empty, since such a row goes with its
    parent."""

    def is_bound(step: Step) -> bool:
        return not step.column.nullable and step.target.table.name != PERSON

    found = _ways(metadata, ORGANIZATION, is_bound)
    return {name: min(ways, key=lambda way: len(way.steps)) for name, ways in found.items()}


def ways_to_what_outlives(metadata: MetaData) -> dict[str, Way]:
    """By table: rows of an organisation that a duty keeps when it goes, of nobody then; so their key can
    be empty."""
    return {
        table.name: Way(table, (step,))
        for table in metadata.sorted_tables
        for step in _steps(table)
        if step.column.nullable and step.target.table.name == ORGANIZATION
    }


def _ways(metadata: MetaData, root: str, follows: Callable[[Step], bool]) -> dict[str, list[Way]]:
    found = {root: [Way(metadata.tables[root], ())]} if root in metadata.tables else {}
    for table in metadata.sorted_tables:  # parents come before their children
        for step in filter(follows, _steps(table)):
            for parent in found.get(step.target.table.name, []):
                if len(parent.steps) < LONGEST:
                    found.setdefault(table.name, []).append(Way(table, (step, *parent.steps)))
    return found


def _steps(table: Table) -> Iterator[Step]:
    for column in table.columns:
        for key in column.foreign_keys:
            if key.column.table is not table:
                yield Step(column, key.column)


def order_for_removal(metadata: MetaData) -> list[Table]:
    """Children before their parents."""
    return list(reversed(metadata.sorted_tables))
