"""Files: a local folder or an S3 bucket; keys are ours, never a person's file name. Nobody is led to
either: what is shown goes through our own addresses."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Protocol

from flask import current_app

from app.storage.bucket import Bucket
from app.storage.disk import PIECE, Disk

__all__ = ["FOLDERS", "PIECE"]

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


class Place(Protocol):
    """Where files lie. A file that is gone is FileNotFoundError, a place that is away OSError; a key
    that leaves its place is ValueError."""

    def put(self, key: str, pieces: Iterable[bytes]) -> None:
        """All of it or nothing; what was there is replaced at once."""

    def pieces(self, key: str, start: int, length: int) -> Iterator[bytes]: ...
    def size(self, key: str) -> int: ...
    def use(self, key: str, now: datetime) -> bool: ...
    def open(self, key: str) -> IO[bytes]: ...
    def below(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Keys, and when each was last written or used."""

    def remove(self, key: str) -> None: ...


def _place() -> Place:
    found: Place | None = current_app.extensions.get("storage")
    if found is None:
        settings = current_app.config["SETTINGS"]
        found = Bucket(settings.bucket) if settings.bucket else Disk(settings.storage_folder)
        current_app.extensions["storage"] = found
    return found


def where() -> str:
    """In words, for the operator."""
    return str(_place())


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
    _place().put(key, pieces)


def read_pieces(key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes, or a stretch of them, a piece at a time, also when the request is over; raises
    FileNotFoundError when they are gone."""
    place = _place()
    return place.pieces(key, start, place.size(key) - start if length is None else length)


def read(key: str) -> bytes:
    """The bytes; raises FileNotFoundError when they are gone."""
    return b"".join(read_pieces(key))


def open_file(key: str) -> IO[bytes]:
    """The file, for a child process; raises FileNotFoundError when it is gone."""
    return _place().open(key)


def size(key: str) -> int:
    """In bytes; raises FileNotFoundError when they are gone."""
    return _place().size(key)


def use(key: str, now: datetime) -> bool:
    """Note that the file was wanted now; False when it is gone."""
    return _place().use(key, now)


def used_before(prefix: str, moment: datetime) -> Iterator[str]:
    """Keys below `prefix` of files that nobody wanted since then."""
    return (key for key, used_at in _place().below(prefix) if used_at < moment)


def below(prefix: str) -> Iterator[str]:
    """All keys below `prefix`."""
    return (key for key, _ in _place().below(prefix))


def derived(key: str) -> str:
    """Where what is made from a file is kept; it goes with the file."""
    return f"renditions/{key.rsplit('/', 1)[-1]}"


def discard(key: str) -> None:
    """The file, and what was made from it; no matter when it is gone already."""
    place = _place()
    place.remove(key)
    if key.startswith("assets/"):
        for made, _ in list(place.below(derived(key))):
            place.remove(made)
