"""Triggers that keep the audit tables as they are: the database itself refuses changes.

Events and heads are never touched. Details and keys may go only in a transaction that has opened
the lock in `audit_edge`; no other transaction ever sees it open."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import DDL, Table, event, text

from app.db import db

ALWAYS = ("audit_event", "audit_head")
UNLESS_UNLOCKED = ("audit_detail", "audit_key")

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""
POSTGRES_FUNCTION_UNLESS = """
CREATE OR REPLACE FUNCTION audit_refuse_unless_unlocked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce((SELECT unlocked FROM audit_edge), false) THEN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""


def postgres(name: str) -> list[str]:
    refuse = "audit_refuse" if name in ALWAYS else "audit_refuse_unless_unlocked"
    return [
        POSTGRES_FUNCTION,
        POSTGRES_FUNCTION_UNLESS,
        f"CREATE TRIGGER {name}_stays BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {refuse}()",
        f"CREATE TRIGGER {name}_stays_whole BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ]


def sqlite(name: str) -> list[str]:
    """REPLACE INTO deletes without asking the delete trigger, so inserts are looked at too."""
    locked = "" if name in ALWAYS else "WHEN NOT coalesce((SELECT unlocked FROM audit_edge), 0) "
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    key = "person_id" if name == "audit_key" else "number"
    taken = f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {key} = NEW.{key}) "  # noqa: S608
    return [
        f"CREATE TRIGGER {name}_stays BEFORE UPDATE ON {name} {locked}{refuse}",
        f"CREATE TRIGGER {name}_stays_whole BEFORE DELETE ON {name} {locked}{refuse}",
        f"CREATE TRIGGER {name}_stays_once BEFORE INSERT ON {name} {taken}{refuse}",
    ]


def watch(*tables: Table) -> None:
    """Make the triggers together with the tables; the migration makes the same ones."""
    for table in tables:
        for dialect, statements in (("postgresql", postgres), ("sqlite", sqlite)):
            for statement in statements(table.name):
                made = DDL(statement).execute_if(dialect=dialect)
                event.listen(table, "after_create", made)


@contextmanager
def unlocked() -> Iterator[None]:
    """Details may be erased and keys resealed inside; the caller commits afterwards."""
    db.session.execute(text("UPDATE audit_edge SET unlocked = true"))
    yield
    db.session.execute(text("UPDATE audit_edge SET unlocked = false"))
