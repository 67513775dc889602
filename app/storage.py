"""Files: a local folder now; keys are ours, never a person's file name."""

import os
import secrets
from pathlib import Path

from flask import current_app


def keep(body: bytes, prefix: str) -> str:
    """Store bytes under a new random key below `prefix`; the key."""
    key = f"{prefix}/{secrets.token_hex(16)}"
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    return key


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
