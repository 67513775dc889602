"""The way round the audit tables' triggers: for emptying tables between tests, and for the hand of
somebody who owns the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from tests.servers.postgres import OWNER

TABLES = ("audit_event", "audit_detail", "audit_key", "audit_head")


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Triggers are off inside and stand again afterwards, in the same transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
        for name in TABLES:
            connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        yield
        for name in TABLES:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        connection.execute(text("RESET ROLE"))
        return
    triggers = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    ).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, sql in triggers:
        connection.exec_driver_sql(sql)
