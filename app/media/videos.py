"""Videos: MP4 and MOV with H.264 and AAC, which every network takes. Pictures and sound stay as they
are; all around them is written anew in a child process (`remuxer`)."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from flask import current_app

from app.media import child
from app.media.child import BadMedia

REMUXER = Path(__file__).with_name("remuxer.py")
LONGEST = 600  # seconds of a video
PATIENCE = 180  # seconds to copy the largest on a slow disk
SPARE = 16 * 1024 * 1024  # bytes by which the new index may be longer than the old one
MB = 1024 * 1024


class BadVideo(BadMedia):
    """A video that is not taken."""


@dataclass(frozen=True)
class Remuxed:
    """A video without metadata in a file that goes when it is let go of. Sides in pixels, upright."""

    path: Path
    poster: bytes
    width: int
    height: int
    seconds: float


def most_bytes() -> int:
    return int(current_app.config["SETTINGS"].video_megabytes) * MB


@contextmanager
def remux(file: IO[bytes]) -> Iterator[Remuxed]:
    """Read an uploaded video and write it anew. Raises BadVideo; never holds it in memory."""
    most = most_bytes()
    length = file.seek(0, os.SEEK_END)
    if length > most:
        raise BadVideo(f"It is larger than {most // MB} MB, the most that is taken.")
    with TemporaryDirectory(prefix="video-") as folder:
        said, poster = _ask(file, "whole", most + SPARE, folder)
        path = Path(folder) / "out.mp4"
        yield Remuxed(path, poster, said["width"], said["height"], said["seconds"])


def poster(file: IO[bytes]) -> bytes:
    """The first picture of a video of ours, as JPEG. Raises BadVideo."""
    return _ask(file, "poster", 0, None)[1]


def _ask(file: IO[bytes], what: str, most: int, folder: str | None) -> child.Said:
    words = (LONGEST, most, what)
    try:
        with _on_disk(file) as real:
            return child.ask(
                REMUXER, *words, noun="video", timeout=PATIENCE, stdin=real, cwd=folder
            )
    except BadMedia as trouble:
        raise BadVideo(str(trouble)) from None


@contextmanager
def _on_disk(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """A child is given a file, not what is left of one in this process; it reads from its start."""
    file.seek(0)
    try:
        file.fileno()
    except OSError:
        with TemporaryFile() as copy:
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield copy
    else:
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file
