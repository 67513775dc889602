"""Do the marks agree with each other? What a column says of its end has to be what the keys of its
row bring about, and what it says of its owner has to fit who holds it. A mark that agrees with nothing
would be decoration."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, MetaData, Table

from app.datamap import Basis, Category, Erase, Export, Mark, Retention, Subject, mark
from app.privacy.paths import ORGANIZATION, PERSON, ways_to_organization, ways_to_person

# What a key has to do so that a column ends as it says. Where the key is emptied, the value can stay.
BROUGHT_ABOUT_BY = {
    Erase.DELETE_ROW: Erase.DELETE_ROW,
    Erase.KEEP: Erase.KEEP,
    Erase.NULL: Erase.NULL,
    Erase.SHRED: Erase.SHRED,
    Erase.TOMBSTONE: Erase.NULL,
}
DOERS = (Subject.AUTHOR, Subject.ACTOR)


def disagreements(metadata: MetaData) -> Iterator[str]:
    """A sentence for each."""
    ways, theirs = ways_to_person(metadata), ways_to_organization(metadata)
    for table in metadata.sorted_tables:
        ends = {_end(way.steps[-1].column) for way in ways.get(table.name, []) if way.steps}
        ends |= {found.erase for _, found in _marks(table) if found.by_address}
        for column, found in _marks(table):
            if found.is_personal:
                of_itself = (*_holder(found), *_secret(found))
                of_its_row = _ending(found, table, ends, table.name in theirs)
                yield from (f"{column}: {fault}" for fault in (*of_itself, *of_its_row))
                if found.erase is Erase.NULL and not column.nullable:
                    yield f"{column}: can't be empty, but is to be emptied"
            elif found.subject or found.erase:
                yield from (f"{column}: {fault}" for fault in _part_played(column, found))
        yield from (f"{table.name}: {fault}" for fault in _belonging(table, table.name in theirs))


def _end(column: Column[Any]) -> Erase | None:
    found = mark(column)
    return found.erase if found else None


def _marks(table: Table) -> list[tuple[Column[Any], Mark]]:
    return [(column, found) for column in table.columns if (found := mark(column))]


def _holder(found: Mark) -> Iterator[str]:
    """Whose it is decides on what ground it is held, how it ends and how long it is kept."""
    is_key = found.category is Category.TOKEN
    if is_key is not (found.retention is Retention.CONNECTION):
        yield "only the keys to a channel are kept as long as it is connected"
    if is_key:
        return
    is_theirs = found.is_organizations
    if is_theirs is not (found.erase is Erase.ORGANIZATION):
        yield "what an organisation decides about is what we hold on its behalf"
    if is_theirs is not (found.retention is Retention.ORGANIZATION):
        yield "is kept as long as the organisation wants, but isn't the organisation's, or the reverse"


def _secret(found: Mark) -> Iterator[str]:
    """What a copy only tells of is a secret or the name of a file; a secret is never copied."""
    is_sealed = found.at_rest != "plain"
    if found.export is Export.PRESENCE and not is_sealed and not found.names_file:
        yield "is a secret, but stored as it is"
    if found.export is Export.VALUE and is_sealed:
        yield "is sealed at rest, but a copy would show it"


def _ending(found: Mark, table: Table, ends: set[Erase | None], is_theirs: bool) -> Iterator[str]:
    """`ends`: what the keys to the person and the person's address do to rows of this table."""
    if found.unlinked and found.erase is not Erase.DELETE_ROW:
        yield "nobody can tell whose it is, so its row goes with time alone"
    if found.erase is Erase.ORGANIZATION or found.unlinked:
        return
    if table.name == PERSON:
        if found.erase is not Erase.NULL:
            yield "stands in the person's own row, which is emptied"
        return
    goes_along = is_theirs and found.erase is Erase.DELETE_ROW  # with the organisation
    wanted = BROUGHT_ABOUT_BY.get(found.erase) if found.erase else None
    if wanted not in ends and not goes_along:
        yield f"says {found.erase}, but no key of its row brings that about"


def _part_played(column: Column[Any], found: Mark) -> Iterator[str]:
    subject, erase = found.subject, found.erase
    joins, holds = _joins(column.table), {found.erase for _, found in _personal(column.table)}
    if (subject is Subject.PART) is not (erase is Erase.WITH_PARENT):
        yield "a part, and nothing else, goes with what it is a part of"
    if subject in DOERS and erase not in (Erase.NULL, Erase.SHRED):
        yield "whoever did something leaves, what was done stays"
    if subject in DOERS and (subject is Subject.AUTHOR) is not (
        joins and _has_content(column.table)
    ):
        yield "an author made an organisation's words or pictures, an actor did something else"
    if subject is Subject.OWNER and erase is Erase.NULL and not _is_kept_for_a_duty(column.table):
        yield "an owner's row stays only where a duty wants it"
    if subject is Subject.MEMBER and (erase is not Erase.DELETE_ROW or not joins):
        yield "a member belongs to an organisation, and that ends with the member"
    if subject is Subject.OWNER and erase is Erase.DELETE_ROW and joins:
        yield "whoever belongs to an organisation is its member"
    if erase is Erase.KEEP and Erase.KEEP not in holds:
        yield "is kept, but nothing of its row is"


def _belonging(table: Table, is_theirs: bool) -> Iterator[str]:
    """What is personal has one owner, unless it is a part, an organisation's, or only an address
    leads to it."""
    parts_played = [found.subject for _, found in _marks(table) if found.subject]
    owners, is_part = _owners(table), Subject.PART in parts_played
    marks = [found for _, found in _personal(table)]
    addressed = [found.erase for found in marks if found.by_address]
    if owners > 1 or (owners and any(map(_owners, _wholes(table)))):
        yield "has more than one owner"
    is_held = is_part or is_theirs or table.name == PERSON or any(one.unlinked for one in marks)
    outlives = not addressed or Erase.NULL in addressed  # then somebody has to be told of it
    if marks and not owners and not is_held and outlives:
        yield "is personal, but nobody's"


def _owners(table: Table) -> int:
    return sum(found.subject in (Subject.OWNER, Subject.MEMBER) for _, found in _marks(table))


def _wholes(table: Table) -> list[Table]:
    """What its rows are a part of."""
    parts = [column for column, found in _marks(table) if found.subject is Subject.PART]
    return [key.column.table for column in parts for key in column.foreign_keys]


def _personal(table: Table) -> list[tuple[Column[Any], Mark]]:
    return [(column, found) for column, found in _marks(table) if found.is_personal]


def _has_content(table: Table) -> bool:
    kinds = (Category.TEXT, Category.MEDIA)
    return any(found.is_organizations and found.category in kinds for _, found in _marks(table))


def _joins(table: Table) -> bool:
    """Do its rows tie a person to an organisation, and are nothing without either?"""
    return ORGANIZATION in {
        key.column.table.name
        for column in table.columns
        for key in column.foreign_keys
        if not column.nullable
    }


def _is_kept_for_a_duty(table: Table) -> bool:
    return any(found.basis is Basis.LEGAL_OBLIGATION for _, found in _marks(table))
