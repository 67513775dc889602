"""Whom an incident concerns: from what was reached to people and kinds of data, by the data map.

No table is named here but those that hold people; a new one is found by its marks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, CompoundSelect, MetaData, Select, Table, func, select, union

from app.account.models import Membership, User
from app.datamap import Category, Subject, mark
from app.db import db
from app.privacy.paths import Way, ways_to_organization, ways_to_person
from app.scope import across_organizations

EVERYTHING, SEALED = "everything", "sealed secrets"
Ids = CompoundSelect[Any]


@dataclass(frozen=True)
class Radius:
    """How many (people, addresses) in all and by category, and the questions that name them."""

    counts: tuple[int, int]
    kinds: dict[Category, tuple[int, int]]
    people: Ids | None
    addresses: Ids | None


def choices(metadata: MetaData) -> list[tuple[str, str]]:
    """What can be named as reached: all, the secrets that ENCRYPTION_KEYS open, or tables."""
    tables = [table.name for table in metadata.sorted_tables if _personal(table)]
    named = [(name, name.replace("_", " ").capitalize()) for name in sorted(tables)]
    return [
        (EVERYTHING, "The whole database, or a backup of it"),
        (SEALED, "The database together with ENCRYPTION_KEYS: every sealed secret"),
        *named,
    ]


@across_organizations("an incident concerns whom it concerns")
def measure(metadata: MetaData, reached: Sequence[str]) -> Radius:
    """Who is concerned when these were reached."""
    columns = [column for table in metadata.sorted_tables for column in reached_in(table, reached)]
    finder = _Finder(metadata)
    found: dict[Category, set[Table]] = {}
    for column in columns:
        if (its := mark(column)) is not None:
            found.setdefault(its.category, set()).add(column.table)
    kinds = {
        category: (_count(finder.people(tables)), _count(finder.addresses(tables)))
        for category, tables in sorted(found.items())
    }
    every = {column.table for column in columns}
    people, addresses = finder.people(every), finder.addresses(every)
    return Radius((_count(people), _count(addresses)), kinds, people, addresses)


def reached_in(table: Table, reached: Sequence[str]) -> list[Column[Any]]:
    personal = _personal(table)
    if EVERYTHING in reached or table.name in reached:
        return personal
    if SEALED in reached:
        return [column for column in personal if (m := mark(column)) and m.at_rest == "encrypted"]
    return []


def _personal(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if (m := mark(column)) and m.is_personal]


class _Finder:
    """Questions for the people behind tables."""

    def __init__(self, metadata: MetaData) -> None:
        self.to_person = ways_to_person(metadata)
        self.to_organization = ways_to_organization(metadata)

    def people(self, tables: set[Table]) -> Ids | None:
        """Ids of accounts: those that rows name, and the members of organisations whose they are."""
        return _all(question for table in _in_order(tables) for question in self._of(table))

    def _of(self, table: Table) -> Iterator[Select[Any]]:
        for way in self.to_person.get(table.name, []):
            yield _end(way)
        if _is_organizations(table) and table.name in self.to_organization:
            owners = _end(self.to_organization[table.name])
            yield select(Membership.user_id).where(Membership.organization_id.in_(owners))

    def addresses(self, tables: set[Table]) -> Ids | None:
        """Addresses in the rows that no account has."""
        known = select(User.email)
        return _all(
            select(column).where(column.is_not(None), column.not_in(known))
            for table in _in_order(tables)
            for column in _address_columns(table)
        )


def _is_organizations(table: Table) -> bool:
    """Does it hold what belongs to organisations, or a part of that?"""
    return any((m := mark(column)) and m.is_organizations for column in table.columns) or any(
        map(_is_organizations, _parents(table))
    )


def _parents(table: Table) -> Iterator[Table]:
    """The tables whose rows this one's rows are a part of."""
    for column in table.columns:
        if (found := mark(column)) and found.subject is Subject.PART:
            for key in column.foreign_keys:
                yield key.column.table


def _address_columns(table: Table) -> Iterator[Column[Any]]:
    """Its own, and those of the rows that its rows are a part of."""
    for column in table.columns:
        found = mark(column)
        if found and found.by_address:
            yield column
    for parent in _parents(table):
        yield from _address_columns(parent)


def _end(way: Way) -> Select[Any]:
    """The ids at the end of a way, over all rows of its table."""
    if not way.steps:
        [key] = way.table.primary_key
        return select(key)
    first, *rest = way.steps
    ids = select(first.column).where(first.column.is_not(None))
    before = first
    for step in rest:
        ids = select(step.column).where(before.target.in_(ids), step.column.is_not(None))
        before = step
    return ids


def _in_order(tables: set[Table]) -> list[Table]:
    return sorted(tables, key=lambda table: table.name)


def _all(questions: Iterator[Select[Any]]) -> Ids | None:
    found = list(questions)
    return union(*found) if found else None


def _count(ids: Ids | None) -> int:
    if ids is None:
        return 0
    return db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
