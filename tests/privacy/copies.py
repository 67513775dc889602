"""Copies for tests: made as a worker makes them, changed by hand, and as plain facts to compare."""

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import Flask

from app import clock, signing
from app.account.models import User
from app.db import db as database
from app.privacy import exports, jobs
from tests.guards import unguarded

OPEN = ("pending_approval", "scheduled", "sending", "confirming", "retry_wait", "held")
Rows = dict[str, list[dict[str, Any]]]

# What comes back, table by table, and what a trip changes in it: written by hand, apart from the marks.
COMES = {
    "user": "name timezone theme",
    "organization": "name timezone late_after approval_rule require_second_factor created_at",
    "asset": "organization_id uploader_id type size width height sha256 created_at alt labels"
    " deleted_at",
    "channel": "organization_id network host account_id handle name url state checked_at"
    " connected_by_id connected_at disconnected_at",
    "consent": "reference user_id purpose state version text_sha256 variant method has_gpc at",
    "membership": "user_id organization_id role joined_at",
    "post": "organization_id author_id text state due_at wall_time zone nonce version created_at"
    " updated_at asked_at told_at",
    "delivery": "organization_id post_id channel_id state reason due_at content_hash external_id"
    " external_url published_at",
    "post_event": "post_id actor_id at kind detail",
    "post_option": "post_id channel_id name value",
    "label": "organization_id kind name folded created_at",
    "post_label": "post_id label_id",
    "post_picture": "post_id asset_id position part alt",
    "post_words": "post_id channel_id kind place text",
    "post_version": "post_id number writer_id written_at",
    "template": "organization_id kind name folded text comment labels created_at",
    "template_channel": "template_id channel_id",
    "version_words": "version_id channel_id asset_id kind place part name text",
}
POINTS = {
    f"{name}_id": name for name in ("organization", "post", "channel", "asset", "label", "template")
}
POINTS["version_id"] = "post_version"


def after_a_trip(table: str, column: str, value: Any) -> Any:
    """What it is once it was brought back."""
    if value == "somebody else":
        return None
    if column == "state" and table in ("post", "delivery"):
        return "draft" if value in OPEN else value
    if (table, column) == ("channel", "state"):
        return "disconnected" if value == "disconnected" else "needs_reconnect"
    if (table, column) == ("consent", "state"):
        return value if value.endswith("_elsewhere") else f"{value}_elsewhere"
    return value


def same(_: str, __: str, value: Any) -> Any:
    return value


def facts(body: bytes, change: Callable[[str, str, Any], Any] = same) -> dict[str, Any]:
    """What a copy says, without ids, which count up in the same order, and without who it isn't."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    names = set(archive.namelist())
    found: dict[str, Any] = {}
    ranks: dict[str, dict[int, int]] = {}
    for table, columns in COMES.items():
        rows = lines(archive, table) if f"data/{table}.jsonl" in names else []
        rows = [row for row in rows if row.get("user_id") != "somebody else"]
        ranks[table] = {row["id"]: rank for rank, row in enumerate(rows)}
        found[table] = [
            {
                name: ranks[POINTS[name]][row[name]]
                if name in POINTS and row[name] is not None
                else plain(change(table, name, row[name]))
                for name in columns.split()
            }
            for row in rows
        ]
    files = (name for name in names if name.startswith("files/asset-"))
    found["files"] = sorted(sha256(archive.read(name)).hexdigest() for name in files)
    return found


def plain(value: Any) -> Any:
    """Two databases write the same instant in two ways."""
    try:
        return clock.parse(value) if isinstance(value, str) and "T" in value else value
    except ValueError:
        return value


def lines(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"data/{table}.jsonl").splitlines()]


def made_for(email: str) -> bytes:
    """A copy of all that a person has, as the worker makes it."""
    user = User.by_email(email)
    assert user
    run = exports.order(user, clock.now())
    database.session.commit()
    jobs.make_export(run.id)
    database.session.refresh(run)
    return b"".join(exports.open_copy(run))


def empty(app: Flask) -> None:
    """As after its first start."""
    database.session.rollback()
    with database.engine.begin() as connection, unguarded(connection):
        for table in reversed(database.metadata.sorted_tables):
            connection.execute(database.text(f'DELETE FROM "{table.name}"'))


def changed(
    body: bytes,
    change: Callable[[Rows, dict[str, bytes]], None],
    *,
    manifest: Callable[[dict[str, Any]], None] = lambda _: None,
) -> bytes:
    """The copy with other rows and files, and a manifest that fits and is signed again: by somebody
    who has a key of their own, as anybody may have."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files.pop("manifest.json"))
    del files["manifest.sig.json"]
    rows = {table: lines(archive, table) for table in said["counts"]}
    change(rows, files)
    for table, listed in rows.items():
        raw = b"".join(json.dumps(row).encode() + b"\n" for row in listed)
        if files.get(f"data/{table}.jsonl") != b"raw":
            files[f"data/{table}.jsonl"] = raw
    said["counts"] = {table: len(listed) for table, listed in rows.items()}
    said["files"] = {name: sha256(raw).hexdigest() for name, raw in files.items()}
    manifest(said)
    files["manifest.json"] = json.dumps(said).encode()
    files["manifest.sig.json"] = json.dumps(signing.sign(files["manifest.json"])).encode()
    return zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return made.getvalue()
