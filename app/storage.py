"""Files: a local folder now; keys are ours, never a person's file name."""

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import current_app

# Every kind of file, by the first part of its key; no other can be stored.
FOLDERS = {
    "assets": "pictures that people upload, without what cameras write into them",
    "wall_pictures": "pictures of sandbox walls that came back with a copy",
    "walls": "pictures that were published to the sandbox",
    "exports": "copies of what is held about a person, sealed, for seven days",
    "imports": "copies that a person brings back, sealed, for a day at most",
    "engine": "when the engine was last awake: tells a restored database from one that rested",
    "doctor": "a probe of the operator's, gone at once",
}
PIECE = 256 * 1024  # bytes read at once


def keep(body: bytes, prefix: str) -> str:
    """Store bytes under a new random key below `prefix`; the key."""
    return keep_pieces([body], prefix)


def keep_pieces(pieces: Iterable[bytes], prefix: str) -> str:
    """The same for what is too large for memory. When a piece fails, nothing stays behind. Raises
    KeyError for a kind of file that is not listed."""
    FOLDERS[prefix.split("/")[0]]
    key = f"{prefix}/{secrets.token_hex(16)}"
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return key


def put(key: str, body: bytes) -> None:
    """Store bytes under a name of ours, in place of what was there."""
    FOLDERS[key.split("/")[0]]
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{secrets.token_hex(4)}")
    part.write_bytes(body)
    part.rename(path)


def read_pieces(key: str) -> Iterator[bytes]:
    """The bytes, a piece at a time; raises FileNotFoundError when they are gone."""
    with _path(key).open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def read(key: str) -> bytes:
    """The bytes; raises FileNotFoundError when they are gone."""
    return _path(key).read_bytes()


def discard(key: str) -> None:
    _path(key).unlink(missing_ok=True)


def _path(key: str) -> Path:
    folder: Path = current_app.config["SETTINGS"].storage_folder
    path = (folder / key).resolve()
    if not path.is_relative_to(folder):
        raise ValueError(f"{key!r} leaves the storage folder")
    return path
