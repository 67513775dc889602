"""All rows as they stand, read, written and deleted by the driver itself: of ninety tables most are empty,
and through SQLAlchemy an empty one costs ten times as much."""

from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache
from typing import Any

from psycopg.types.json import Json
from sqlalchemy import JSON, Connection, Table, text

from app.db import db
from app.keyed import Keyed

Row = tuple[Any, ...]


@cache
def ordered() -> tuple[Table, ...]:
    """Each table behind those that it points at; SQLAlchemy sorts them anew each time it is asked."""
    return tuple(db.metadata.sorted_tables)


@cache
def _reading() -> tuple[tuple[Table, str], ...]:
    return tuple((one, f"{_select(one)} ORDER BY {_names(one.primary_key)}") for one in ordered())


def _select(table: Table) -> str:
    return f'SELECT {_names(table.columns)} FROM "{table.name}"'


def _names(columns: Any) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


def every() -> Iterator[tuple[Table, list[Row]]]:
    """Each table with its rows, in the order of their keys, as the driver gives them: on SQLite instants
    and JSON are texts."""
    connection = db.session.connection()
    connection.execute(text("SELECT 1"))  # before it, Postgres is told whose rows may be seen
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "postgresql":  # all in one message, and one answer
        cursor.execute("; ".join(statement for _, statement in _reading()))
        for table, _ in _reading():
            yield table, cursor.fetchall()
            cursor.nextset()
    else:
        for table, statement in _reading():
            yield table, cursor.execute(statement).fetchall()
    cursor.close()


def empty(connection: Connection) -> None:
    """Deletes every row; on Postgres in one message, on SQLite only where there are some, since what
    deletes there is read anew with all its triggers."""
    cursor = connection.connection.cursor()
    names = [table.name for table in reversed(ordered())]
    deletes = {name: f'DELETE FROM "{name}"' for name in names}
    if connection.dialect.name == "postgresql":
        cursor.execute("; ".join(deletes.values()))
    else:
        for name in names:
            if cursor.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone():
                cursor.execute(deletes[name])
    cursor.close()


def put(connection: Connection, rows: dict[str, list[Row]]) -> None:
    """Rows as `every` has read them, into empty tables."""
    is_postgres = connection.dialect.name == "postgresql"
    driver: Any = connection.connection.driver_connection
    with driver.pipeline() if is_postgres else nullcontext():
        cursor = driver.cursor()
        for table in (one for one in ordered() if rows.get(one.name)):
            places = ", ".join(["%s" if is_postgres else "?"] * len(table.columns))
            into = f'INSERT INTO "{table.name}" ({_names(table.columns)}) VALUES ({places})'
            lines = rows[table.name]
            cursor.executemany(
                into, [_bound(table, row) for row in lines] if is_postgres else lines
            )
        cursor.close()


def _bound(table: Table, row: Row) -> Row:
    """Psycopg reads JSON by itself, and does not write it."""
    return tuple(
        Json(value) if value is not None and isinstance(column.type, JSON | Keyed) else value
        for column, value in zip(table.columns, row, strict=True)
    )
