"""The way round the audit tables' triggers: for emptying tables between tests, and for the hand of
somebody who owns the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from tests.servers.postgres import OWNER

TABLES = ("audit_event", "audit_detail", "audit_key", "audit_head")


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Triggers are off inside and stand again afterwards, in the same transaction."""
    arm = disarm(connection)
    yield
    arm()


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
