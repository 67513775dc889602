"""Does Postgres itself keep two organisations apart? Asked of any table, without the application."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    NullPool,
    Table,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from app.db import db
from app.tenants import ROOT, SETTING, Link, links, owners
from tests.servers.postgres import OWNER
from tests.tenants.town import Town

LOCK = "row-level security"


@contextmanager
def told(whose: object, *, as_owner: bool = False) -> Iterator[Connection]:
    """A connection of its own, beside the application's engine, that has told Postgres whose things
    it may see; nothing of it stays."""
    engine = create_engine(db.engine.url, poolclass=NullPool)
    with engine.connect() as connection:
        if as_owner:
            connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
        tell = text(f"SELECT set_config('{SETTING}', :whose, true)")
        connection.execute(tell, {"whose": str(whose)})
        yield connection
        connection.rollback()


def faults(table: Table, town: Town) -> list[str]:
    """What the second lock lets through, a sentence each."""
    return [f"{table.name}: {fault}" for fault in _faults(table, town)]


def _faults(table: Table, town: Town) -> Iterator[str]:
    ours, theirs = (rows_of(table, whose) for whose in (town.orchard, town.elsewhere))
    if not ours or not theirs:
        yield "no row to look at; tests/privacy/canaries.py plants one in every table"
        return
    yield from _seeing(table, ours, theirs)
    yield from _changing(table, town, theirs[0])
    for link in links(table):
        if link.table in owners(db.metadata):
            yield from _pointing(table, town, link, ours[0], theirs[0])


def rows_of(table: Table, whose: object, **hat: bool) -> list[dict[str, Any]]:
    with told(whose, **hat) as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def _seeing(
    table: Table, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> Iterator[str]:
    everything = rows_of(table, "*")
    if any(row in theirs for row in ours):
        yield "a row is seen by both"
    if len(ours) + len(theirs) + len(_nobodys(table)) != len(everything):
        yield "rows are seen by neither, or nobody's by somebody"
    if rows_of(table, ""):
        yield "rows are seen by nobody's transaction"
    if rows_of(table, "", as_owner=True):
        yield "the owner of the table passes by"


def _nobodys(table: Table) -> list[dict[str, Any]]:
    """Rows that name no organisation, nor does what they belong to."""
    for link in owners(db.metadata)[table.name]:
        if link.table != ROOT:
            above = {row[link.target] for row in _nobodys(db.metadata.tables[link.table])}
        else:
            above = {None} if link.column.nullable else set()
        if above:
            return [row for row in rows_of(table, "*") if row[link.column.name] in above]
    return []


def _changing(table: Table, town: Town, row: dict[str, Any]) -> Iterator[str]:
    is_theirs = [column == row[column.name] for column in table.primary_key]
    harmless = {column.name: row[column.name] for column in table.primary_key}
    with told(town.orchard) as connection:
        if _reaches(connection, update(table).where(*is_theirs).values(harmless)):
            yield "a foreign row can be changed"
        if _reaches(connection, delete(table).where(*is_theirs)):
            yield "a foreign row can be deleted"
        if not _is_refused(connection, insert(table).values(row)):
            yield "a foreign row can be written"


def _pointing(
    table: Table, town: Town, link: Link, our: dict[str, Any], their: dict[str, Any]
) -> Iterator[str]:
    """No row of ours, nor a new one, may point at theirs. Where rows can't be changed, that is safe."""
    name = link.column.name
    with told(town.orchard) as connection:
        is_ours = [column == our[column.name] for column in table.primary_key]
        moved = update(table).where(*is_ours).values({name: their[name]})
        if not _is_refused(connection, moved, "append-only", "permission denied"):
            yield f"{name} of our row can point at a foreign one"
        if not _is_refused(connection, insert(table).values(our | {name: their[name]})):
            yield f"{name} of a new row can point at a foreign one"


def _reaches(connection: Connection, statement: Any) -> bool:
    """Is there a row for it? One that a key or a trigger keeps was reached all the same."""
    try:
        with connection.begin_nested():
            return bool(connection.execute(statement).rowcount)
    except DBAPIError:
        return True


def _is_refused(connection: Connection, statement: Any, *also: str) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except DBAPIError as refusal:
        return any(words in str(refusal) for words in (LOCK, *also))
    return False
