"""The way round the triggers of the audit tables and of legal holds: for emptying tables between tests,
and for the hand of somebody who owns the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from tests.servers.postgres import OWNER

TABLES = ("audit_event", "audit_detail", "audit_key", "audit_head")
FILLED = "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {name})" for name in TABLES)


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """The audit tables' triggers are off inside and stand again afterwards, in the same transaction;
    where nothing is in those tables they refuse nothing, and stay. So do those of legal holds, which
    find none: a change of the schema makes SQLite read all of it again, 2 ms each time."""
    connection.execute(text("UPDATE legal_hold SET released_at = placed_at"))
    arm = disarm(connection) if connection.scalar(text(FILLED)) else None
    yield
    if arm:
        arm()


@contextmanager
def as_owner(connection: Connection) -> Iterator[None]:
    """With the hat of the role that owns the tables (Postgres)."""
    connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
    yield
    connection.execute(text("RESET ROLE"))


def disarm(connection: Connection) -> Callable[[], None]:
    """Take the triggers off, with the owner's hat on; what puts all back. A rollback does too."""
    if connection.dialect.name == "postgresql":
        return _disable(connection)
    named = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
    triggers = connection.execute(text(named)).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))

    def arm() -> None:
        for _, sql in triggers:
            connection.exec_driver_sql(sql)

    return arm


def _disable(connection: Connection) -> Callable[[], None]:
    connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
    for name in TABLES:
        connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))

    def arm() -> None:
        for name in TABLES:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        connection.execute(text("RESET ROLE"))

    return arm
