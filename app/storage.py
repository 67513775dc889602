"""Files: a local folder now; keys are ours, never a person's file name."""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from flask import current_app

# Every kind of file, by the first part of its key; no other can be stored.
FOLDERS = {
    "assets": "pictures and videos that people upload, without what cameras write into them",
    "renditions": "the same made to fit a network, for two days after their last use, and posters",
    "wall_pictures": "pictures of sandbox walls that came back with a copy",
    "walls": "pictures that were published to the sandbox",
    "exports": "copies of what is held about a person, sealed, for seven days",
    "imports": "copies that a person brings back, sealed, for a day at most",
    "spreadsheets": "posts that a person brings in, sealed, for a day at most",
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
    key = f"{prefix}/{secrets.token_hex(16)}"
    keep_at(key, pieces)
    return key


def keep_at(key: str, pieces: Iterable[bytes]) -> None:
    """Under a key that the caller chose; a file that is there already is replaced at once."""
    FOLDERS[key.split("/")[0]]
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def read_pieces(key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes, or a stretch of them, a piece at a time, also when the request is over; raises
    FileNotFoundError when they are gone."""
    return _pieces(_path(key), start, size(key) - start if length is None else length)


def _pieces(path: Path, start: int, left: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def read(key: str) -> bytes:
    """The bytes; raises FileNotFoundError when they are gone."""
    return _path(key).read_bytes()


def open_file(key: str) -> IO[bytes]:
    """The file, for a child process; raises FileNotFoundError when it is gone."""
    return _path(key).open("rb")


def size(key: str) -> int:
    """In bytes; raises FileNotFoundError when they are gone."""
    return _path(key).stat().st_size


def use(key: str, now: datetime) -> bool:
    """Note that the file was wanted now; False when it is gone."""
    try:
        os.utime(_path(key), (now.timestamp(), now.timestamp()))
    except FileNotFoundError:
        return False
    return True


def used_before(prefix: str, moment: datetime) -> Iterator[str]:
    """Keys below `prefix` of files that nobody wanted since then."""
    root = _path(prefix)
    for path in root.rglob("*"):
        if path.is_file() and path.stat().st_mtime < moment.timestamp():
            yield f"{prefix}/{path.relative_to(root)}"


def below(prefix: str) -> Iterator[str]:
    """All keys below `prefix`."""
    root = _path(prefix)
    for path in root.rglob("*"):
        if path.is_file():
            yield f"{prefix}/{path.relative_to(root)}"


def derived(key: str) -> str:
    """Where what is made from a file is kept; it goes with the file."""
    return f"renditions/{key.rsplit('/', 1)[-1]}"


def discard(key: str) -> None:
    path = _path(key)
    path.unlink(missing_ok=True)
    if key.startswith("assets/"):
        shutil.rmtree(_path(derived(key)), ignore_errors=True)
    elif key.startswith("renditions/"):
        with suppress(OSError):  # others are still in there
            path.parent.rmdir()


def _path(key: str) -> Path:
    folder: Path = current_app.config["SETTINGS"].storage_folder
    path = (folder / key).resolve()
    if not path.is_relative_to(folder):
        raise ValueError(f"{key!r} leaves the storage folder")
    return path
