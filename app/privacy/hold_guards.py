"""The last line of a legal hold: triggers by which the database itself refuses to delete, and to empty,
what an approved hold that is not released names. Made from the models' marks and keys; the migration
makes the same ones. With no hold placed they cost a look at an empty table."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, event
from sqlalchemy.exc import IntegrityError

from app.db import db
from app.privacy.holdable import holdable, kept_full, ways_of
from app.privacy.holds import LegalHold
from app.privacy.paths import ORGANIZATION, PERSON, Way
from app.tenants import quote

REFUSAL = re.compile(r"a legal hold keeps (\w+)")
HOLD = LegalHold.__tablename__
ACTIVE = "{0}approved_at IS NOT NULL AND {0}released_at IS NULL"
CHANGED = "NEW.scope <> OLD.scope OR NEW.target_id <> OLD.target_id OR NEW.approved_at IS NULL"
FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {held} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'a legal hold keeps {name}';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""


def refused_table(error: IntegrityError) -> str | None:
    """The table whose row a hold kept; None when the database refused for another reason."""
    found = REFUSAL.search(str(error.orig))
    return found[1] if found else None


def postgres(metadata: MetaData, table: Table) -> Iterator[str]:
    name, held = quote(table.name), _held(metadata, table, "OLD")
    yield FUNCTION.format(function=f"{table.name}_held", name=table.name, held=held)
    does = f"EXECUTE FUNCTION {table.name}_held()"
    yield f"CREATE TRIGGER {table.name}_held BEFORE DELETE ON {name} FOR EACH ROW {does}"
    if columns := kept_full(table):
        yield (
            f"CREATE TRIGGER {table.name}_held_full BEFORE UPDATE OF {_names(columns)} ON {name}"
            f" FOR EACH ROW WHEN ({_emptied(columns)}) {does}"
        )
    yield (
        f"CREATE TRIGGER {table.name}_held_whole BEFORE TRUNCATE ON {name}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {HOLD}_holds()"
    )


def sqlite(metadata: MetaData, table: Table) -> Iterator[str]:
    """REPLACE INTO deletes without asking the delete trigger, so inserts are looked at too; not where
    the key is another row's, since such rows are written by upserts, which delete nothing."""
    name, held = quote(table.name), _held(metadata, table, "OLD")
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {table.name}'); END"
    yield f"CREATE TRIGGER {table.name}_held BEFORE DELETE ON {name} WHEN {held} {refuse}"
    if columns := kept_full(table):
        yield (
            f"CREATE TRIGGER {table.name}_held_full BEFORE UPDATE OF {_names(columns)} ON {name}"
            f" WHEN ({_emptied(columns)}) AND {held} {refuse}"
        )
    [key] = table.primary_key
    if not key.foreign_keys:
        taken = f"SELECT 1 FROM {name} AS there WHERE there.{key.name} = NEW.{key.name}"  # noqa: S608
        yield (
            f"CREATE TRIGGER {table.name}_held_once BEFORE INSERT ON {name} WHEN {_some_hold()}"
            f" AND EXISTS ({taken} AND {_held(metadata, table, 'there')}) {refuse}"
        )


def postgres_of_hold() -> Iterator[str]:
    """A hold ends by its release; and what holds for all its rows holds for the table."""
    unless = ACTIVE.format("OLD.")
    yield FUNCTION.format(function=f"{HOLD}_held", name=HOLD, held="true")
    yield FUNCTION.format(function=f"{HOLD}_holds", name=HOLD, held=_some_hold())
    does = f"EXECUTE FUNCTION {HOLD}_held()"
    yield f"CREATE TRIGGER {HOLD}_held BEFORE DELETE ON {HOLD} FOR EACH ROW WHEN ({unless}) {does}"
    yield (
        f"CREATE TRIGGER {HOLD}_held_full BEFORE UPDATE ON {HOLD} FOR EACH ROW"
        f" WHEN ({unless} AND ({CHANGED})) {does}"
    )
    yield (
        f"CREATE TRIGGER {HOLD}_held_whole BEFORE TRUNCATE ON {HOLD}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {HOLD}_holds()"
    )


def sqlite_of_hold() -> Iterator[str]:
    unless = ACTIVE.format("OLD.")
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {HOLD}'); END"
    taken = f"SELECT 1 FROM {HOLD} WHERE id = NEW.id AND {ACTIVE.format('')}"  # noqa: S608
    yield f"CREATE TRIGGER {HOLD}_held BEFORE DELETE ON {HOLD} WHEN {unless} {refuse}"
    yield (
        f"CREATE TRIGGER {HOLD}_held_full BEFORE UPDATE ON {HOLD}"
        f" WHEN {unless} AND ({CHANGED}) {refuse}"
    )
    yield (
        f"CREATE TRIGGER {HOLD}_held_once BEFORE INSERT ON {HOLD} WHEN EXISTS ({taken}) {refuse}"
    )


def _some_hold() -> str:
    return f"EXISTS (SELECT 1 FROM {HOLD} WHERE {ACTIVE.format('')})"  # noqa: S608  # our names


def _held(metadata: MetaData, table: Table, row: str) -> str:
    """The condition that some hold names the row."""
    own, theirs = ways_of(metadata, table)
    named = [
        f"hold.scope = '{scope}' AND hold.target_id IN ({', '.join(_end(way, row) for way in ways)})"
        for scope, ways in ((PERSON, own), (ORGANIZATION, theirs))
        if ways
    ]
    active = ACTIVE.format("hold.")
    return f"EXISTS (SELECT 1 FROM {HOLD} AS hold WHERE {active} AND ({' OR '.join(named)}))"  # noqa: S608


def _end(way: Way, row: str) -> str:
    """Whose the row is by this way: the number of the person or the organisation."""
    if not way.steps:
        [key] = way.table.primary_key
        return f"{row}.{quote(key.name)}"
    first, *others = way.steps
    value = f"{row}.{quote(first.column.name)}"
    for before, step in zip(way.steps, others, strict=False):
        over, target = quote(step.column.table.name), quote(before.target.name)
        value = f"(SELECT {quote(step.column.name)} FROM {over} WHERE {over}.{target} = {value})"  # noqa: S608
    return value


def _names(columns: list[Column[Any]]) -> str:
    return ", ".join(quote(column.name) for column in columns)


def _emptied(columns: list[Column[Any]]) -> str:
    """A text counts as emptied when nothing is in it."""
    found = []
    for column in columns:
        old, new = f"OLD.{quote(column.name)}", f"NEW.{quote(column.name)}"
        found.append(f"{old} IS NOT NULL AND {new} IS NULL")
        if isinstance(column.type, String):
            found.append(f"{old} <> '' AND {new} = ''")
    return " OR ".join(found)


def guarding(metadata: MetaData, dialect: str, tables: Iterable[str]) -> Iterator[str]:
    """The statements that guard these tables."""
    chosen, is_postgres = set(tables), dialect == "postgresql"
    if HOLD in chosen:
        yield from postgres_of_hold() if is_postgres else sqlite_of_hold()
    for table in holdable(metadata):
        if table.name in chosen:
            yield from (postgres if is_postgres else sqlite)(metadata, table)


def _guard(metadata: MetaData, connection: Connection, tables: Any = (), **_: Any) -> None:
    """`create_all` guards what it makes."""
    names = [table.name for table in tables]
    for statement in guarding(metadata, connection.dialect.name, names):
        connection.exec_driver_sql(statement)


event.listen(db.metadata, "after_create", _guard)
