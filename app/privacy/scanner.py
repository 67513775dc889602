"""Looks for somebody in every store without asking the marks: what should be gone is searched for, not
believed. Free text of organisations that mentions a person is listed for them, not claimed away."""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis import RedisError
from sqlalchemy import LargeBinary, String, Text, cast, exists, func, select

from app import queue, storage
from app.db import db
from app.keyed import Keyed
from app.scope import across_organizations

WHOLE_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Trace:
    """A place that holds a word of the person, and in how many rows or entries."""

    place: str
    count: int


@dataclass(frozen=True)
class Findings:
    """What was found; `unseen` are stores that could not be looked at, which proves nothing."""

    traces: tuple[Trace, ...]
    unseen: tuple[str, ...] = ()


@across_organizations("every store is searched")
def look_for(*words: str) -> Findings:
    """Every place in the database, the files and the queue where one of the words stands."""
    wanted = [word.lower() for word in words if word]
    found, unseen = [*_in_database(wanted)], list[str]()
    for store, look, away in (("files", _in_files, OSError), ("queue", _in_queue, RedisError)):
        try:
            found += look(wanted)
        except away:
            unseen.append(store)
    return Findings(tuple(trace for trace in found if trace.count), tuple(unseen))


def _in_database(words: list[str]) -> Iterator[Trace]:
    for table in db.metadata.sorted_tables:
        if not db.session.scalar(select(exists(select(1).select_from(table)))):
            continue
        for column in table.columns:
            if not isinstance(column.type, String | Text | Keyed | LargeBinary):
                continue
            text = func.lower(cast(column, Text))
            for word in words:
                holds = text.contains(word, autoescape=True)
                number = db.session.scalar(select(func.count()).select_from(table).where(holds))
                yield Trace(str(column), number or 0)


def _in_files(words: list[str]) -> Iterator[Trace]:
    for key in sorted(key for folder in storage.FOLDERS for key in storage.below(folder)):
        with suppress(FileNotFoundError):  # gone since it was listed
            if storage.size(key) <= WHOLE_FILE:
                body = storage.read(key).lower()
                yield Trace(f"file {key}", sum(word.encode() in body for word in words))


def _in_queue(words: list[str]) -> Iterator[Trace]:
    """Keys and values of every kind. Raises RedisError."""
    redis = queue.connection()
    for key in redis.scan_iter(count=500):
        text = b"\n".join([key, *_values(redis, key)]).lower()
        hits = sum(word.encode() in text for word in words)
        yield Trace(f"queue {key.decode(errors='replace')}", hits)


def _values(redis: Any, key: bytes) -> Iterator[bytes]:
    readers = {
        b"string": lambda: [redis.get(key)],
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: redis.smembers(key),
        b"zset": lambda: redis.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in redis.hgetall(key).items() for part in pair],
        b"stream": lambda: [repr(redis.xrange(key)).encode()],
    }
    for value in readers.get(redis.type(key), list)():
        yield value or b""
        yield _inflated(value or b"")


def _inflated(value: bytes) -> bytes:
    """RQ packs what a job carries."""
    try:
        return zlib.decompress(value)
    except zlib.error:
        return b""
