"""A copy of somebody's data as one zip, written as it is read: tables as JSON lines and CSV, files with
their hashes, what the law wants said with it (GDPR art. 15), and a signed manifest (art. 20)."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import current_app, render_template
from sqlalchemy import Connection, MetaData, Table, select, text
from zipstream import ZIP_DEFLATED, ZipStream

from app import datamap, signing, storage
from app.privacy import streaming
from app.privacy.portions import Holder, Portion, portions

SCHEMA_VERSION = 1
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
}

Progress = Callable[[int], None]


class Miscounted(Exception):
    """The copy holds another number of rows than the database; it is not handed out."""


@dataclass
class Manifest:
    """What is in the zip. `counts` are those of the rows written, `missing` files that were gone."""

    made_at: str
    instance: str
    schema_version: int = SCHEMA_VERSION
    counts: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()


def expect(connection: Connection, metadata: MetaData, holder: Holder) -> dict[str, int]:
    """How many rows each table has for the holder, counted apart from writing them."""
    return {
        portion.name: connection.execute(portion.count()).scalar_one()
        for portion in portions(metadata, holder)
    }


def see_one_instant(connection: Connection) -> None:
    """All reads of this transaction see the same instant, told in UTC."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))


@dataclass
class Outcome:
    """What the maker is told when the last piece is out: names of files that were gone."""

    missing: list[str] = field(default_factory=list)


def pack(
    connection: Connection,
    metadata: MetaData,
    holder: Holder,
    now: datetime,
    progress: Progress,
    outcome: Outcome,
) -> Iterator[bytes]:
    """The zip, piece by piece. Raises Miscounted."""
    manifest = Manifest(now.isoformat(), current_app.config["SETTINGS"].base_url)
    expected = expect(connection, metadata, holder)
    chosen = [portion for portion in portions(metadata, holder) if expected[portion.name]]
    made = ZipStream(compress_type=ZIP_DEFLATED, compress_level=1)
    for portion in chosen:
        manifest.left_out |= {portion.name: portion.left_out} if portion.left_out else {}
        _add_table(made, connection, portion, manifest, progress)
    yield from made.all_files()
    for portion in chosen:
        for key, name in files(connection, portion):
            _add_file(made, key, name, manifest)
            yield from made.all_files()
    if (written := manifest.counts) != {p.name: expected[p.name] for p in chosen}:
        raise Miscounted(f"{written} written, {expected} counted")
    outcome.missing = manifest.missing
    _add_papers(made, chosen, expected, manifest, now)
    yield from made.all_files()
    seal = json.dumps(signing.sign(manifest.as_json()), indent=1).encode()
    made.add(manifest.as_json(), "manifest.json")
    made.add(seal, "manifest.sig.json")
    yield from made.finalize()


def _add_table(
    made: ZipStream,
    connection: Connection,
    portion: Portion,
    manifest: Manifest,
    progress: Progress,
) -> None:
    rows, name = portion.rows(), portion.name

    def counted(pieces: Iterable[bytes]) -> Iterator[bytes]:
        manifest.counts[name] = 0
        for piece in pieces:
            lines = piece.count(b"\n")
            manifest.counts[name] += lines
            progress(lines)
            yield piece

    as_json = counted(streaming.json_lines(connection, rows))
    made.add(_hashed(as_json, f"data/{name}.jsonl", manifest), f"data/{name}.jsonl")
    as_csv = streaming.csv_lines(connection, rows)
    made.add(_hashed(as_csv, f"csv/{name}.csv", manifest), f"csv/{name}.csv")


def _hashed(pieces: Iterable[bytes], name: str, manifest: Manifest) -> Iterator[bytes]:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    manifest.files[name] = digest.hexdigest()


def files(connection: Connection, portion: Portion) -> Iterator[tuple[str, str]]:
    """Storage keys of the files that rows name, with their names in the zip."""
    table = portion.table
    for column in table.columns:
        found = datamap.mark(column)
        if not (found and found.names_file and found.export is datamap.Export.VALUE):
            continue
        [id] = table.primary_key
        wanted = select(id, column, *_type_of(table)).where(portion.condition).order_by(id)
        for row in connection.execute(wanted):
            ending = EXTENSIONS.get(row[2], "bin") if len(row) > 2 else "bin"
            yield row[1], f"files/{table.name}-{row[0]}.{ending}"


def _type_of(table: Table) -> list[Any]:
    return [table.c.type] if "type" in table.c else []


def _add_file(made: ZipStream, key: str, name: str, manifest: Manifest) -> None:
    try:
        pieces = storage.read_pieces(key)
        first = next(pieces, b"")
    except FileNotFoundError:
        manifest.missing.append(name)
        return

    def whole() -> Iterator[bytes]:
        yield first
        yield from pieces

    made.add(_hashed(whole(), name, manifest), name)


def _add_papers(
    made: ZipStream,
    chosen: list[Portion],
    expected: dict[str, int],
    manifest: Manifest,
    now: datetime,
) -> None:
    """What a person reads, and what a program needs to read the rest."""
    tables = [_describe(portion, expected[portion.name]) for portion in chosen]
    page = render_template("privacy/copy.html", tables=tables, made_at=now, manifest=manifest)
    for name, body in (
        ("index.html", page.encode()),
        ("about.json", json.dumps(tables, indent=1).encode()),
        ("schema.json", json.dumps(_schema(chosen), indent=1).encode()),
    ):
        manifest.files[name] = sha256(body).hexdigest()
        made.add(body, name)


def _describe(portion: Portion, count: int) -> dict[str, Any]:
    """Purposes, bases and periods of a table's personal columns, as GDPR art. 15(1) wants them said."""
    marks = [(column, datamap.mark(column)) for column in portion.shown]
    return {
        "table": portion.name,
        "rows": count,
        "columns": [
            {
                "name": column.name,
                "category": found.category.value,
                "why": found.why,
                "purpose": found.purpose.value if found.purpose else "",
                "basis": found.basis.value if found.basis else "",
                "kept": found.retention.value if found.retention else "",
            }
            for column, found in marks
            if found
        ],
        "left_out": portion.left_out,
    }


def _schema(chosen: list[Portion]) -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of each data/<table>.jsonl."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            portion.name: {
                "type": "object",
                "properties": {column.name: {"title": column.name} for column in portion.shown},
                "required": [column.name for column in portion.shown],
                "additionalProperties": False,
            }
            for portion in chosen
        },
    }
