"""A local folder, which all processes share."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

PIECE = 256 * 1024  # bytes read at once


class Disk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return str(self.folder)

    def put(self, key: str, pieces: Iterable[bytes]) -> None:
        path = self._path(key)
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

    def pieces(self, key: str, start: int, length: int) -> Iterator[bytes]:
        with self._path(key).open("rb") as file:
            file.seek(start)
            while length > 0 and (piece := file.read(min(PIECE, length))):
                length -= len(piece)
                yield piece

    def size(self, key: str) -> int:
        return self._path(key).stat().st_size

    def use(self, key: str, now: datetime) -> bool:
        try:
            os.utime(self._path(key), (now.timestamp(), now.timestamp()))
        except FileNotFoundError:
            return False
        return True

    def open(self, key: str) -> IO[bytes]:
        return self._path(key).open("rb")

    def below(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        root = self._path(prefix)
        for path in root.rglob("*"):
            with suppress(FileNotFoundError):  # gone since it was listed
                if path.is_file():
                    used_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield f"{prefix}/{path.relative_to(root)}", used_at

    def remove(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        if key.startswith("renditions/"):  # of each asset a folder
            with suppress(OSError):  # others are still in there
                path.parent.rmdir()

    def _path(self, key: str) -> Path:
        path = (self.folder / key).resolve()
        if not path.is_relative_to(self.folder):
            raise ValueError(f"{key!r} leaves the storage folder")
        return path
