"""Rows of a statement as JSON lines and as CSV, piece by piece: memory stays flat.

On Postgres the server writes both (COPY), on SQLite we do. CSV follows RFC 4180; a cell that a
spreadsheet would run as a formula gets an apostrophe in front (OWASP CSV injection)."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, case, func, literal_column
from sqlalchemy.dialects import postgresql

from app.db import Moment

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
PIECE = 64 * 1024  # bytes handed on at once
BATCH = 1000  # rows fetched at once


def json_lines(connection: Connection, rows: Select[Any]) -> Iterator[bytes]:
    """One JSON object a line, UTF-8 (jsonlines.org)."""
    if connection.dialect.name == "postgresql":
        made = rows.subquery("r")
        text = func.row_to_json(made.table_valued())
        # JSON holds no raw control character, so these never quote or split it.
        form = "WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', ESCAPE E'\\x01')"
        return _copy(connection, made.select().with_only_columns(text), form)
    names = [column.name for column in rows.selected_columns]
    return _gather(_json_line(names, row) for row in _fetch(connection, rows))


def csv_lines(connection: Connection, rows: Select[Any]) -> Iterator[bytes]:
    """A line of names, then one line a row."""
    if connection.dialect.name == "postgresql":
        return _copy(connection, _harmless(rows), "WITH (FORMAT csv, HEADER)")
    names = [column.name for column in rows.selected_columns]
    return _gather(csv_line(row) for row in (names, *_fetch(connection, rows)))


def neutral(cell: Any) -> Any:
    """The cell as a spreadsheet may hold it."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return plain(cell)


def plain(value: Any) -> Any:
    """What JSON and CSV can say: instants as RFC 3339, in UTC, bytes in hexadecimal."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"  # as Postgres writes it
    return value


def _fetch(connection: Connection, rows: Select[Any]) -> Iterable[Any]:
    streaming = connection.execution_options(stream_results=True, yield_per=BATCH)
    return streaming.execute(rows)


def _json_line(names: list[str], row: Any) -> bytes:
    return (
        json.dumps(dict(zip(names, row, strict=True)), default=plain, ensure_ascii=False).encode()
        + b"\n"
    )


def csv_line(row: Iterable[Any]) -> bytes:
    """One line, harmless to spreadsheets."""
    line = io.StringIO()
    csv.writer(line).writerow(
        [neutral(json.dumps(c) if isinstance(c, dict | list) else c) for c in row]
    )
    return line.getvalue().encode()


def _harmless(rows: Select[Any]) -> Select[Any]:
    made = rows.subquery("r")
    return made.select().with_only_columns(*map(_cell, made.columns))


def _cell(cell: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(cell.type, String):
        armed = func.left(cell, 1).in_(FORMULA)
        return case((armed, func.concat("'", cell)), else_=cell).label(cell.key)
    if isinstance(cell.type, Moment):
        return func.to_json(cell).op("#>>")(literal_column("'{}'")).label(cell.key)
    return cell


def _copy(connection: Connection, rows: Select[Any], form: str) -> Iterator[bytes]:
    made = rows.compile(
        dialect=postgresql.psycopg.dialect(), compile_kwargs={"render_postcompile": True}
    )
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor:
        with cursor.copy(f"COPY ({made}) TO STDOUT {form}", made.params) as copy:
            yield from _gather(map(bytes, copy))


def _gather(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
