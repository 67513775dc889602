"""Pictures are known by decoding, never by name; an untrusted file is only ever opened in a child
process with limits on memory and time (CVE lists of image decoders are long)."""

import io
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

MOST = 20 * 1024 * 1024
DECODER = Path(__file__).with_name("decoder.py")
SECONDS = 20
SLOTS = threading.BoundedSemaphore(2)  # children at once in this process: each takes much memory
LOADER = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # all that a child gets to know of ours
TOO_MUCH = "This picture could not be read; it took too much to open."


class BadPicture(ValueError):
    """The text is a sentence for the person who uploaded it."""


@dataclass(frozen=True)
class Decoded:
    """A picture without metadata, upright. `type` is a media type, sides are in pixels."""

    body: bytes
    type: str
    width: int
    height: int


def decode(raw: bytes) -> Decoded:
    """Read an uploaded JPEG, PNG, WebP or GIF (its first frame). Raises BadPicture."""
    if not raw:
        raise BadPicture("The file is empty.")
    if len(raw) > MOST:
        raise BadPicture("It is larger than 20 MB, the most that is taken.")
    return _in_child(raw, 0, 0)


def fit(raw: bytes, max_bytes: int, max_side: int) -> Decoded:
    """A decoded picture within a network's limits; unchanged when it fits already."""
    with Image.open(io.BytesIO(raw)) as known:  # ours: it went through `decode`
        width, height, kind = *known.size, Image.MIME[known.format or "PNG"]
    if len(raw) <= max_bytes and max(width, height) <= max_side:
        return Decoded(raw, kind, width, height)
    return _in_child(raw, max_bytes, max_side)


def _in_child(raw: bytes, max_bytes: int, max_side: int) -> Decoded:
    if not SLOTS.acquire(timeout=SECONDS):
        raise BadPicture("Many pictures are being read just now. Send it again in a minute.")
    try:
        line, _, body = _run(raw, max_bytes, max_side).partition(b"\n")
    except (subprocess.SubprocessError, OSError):
        raise BadPicture(TOO_MUCH) from None
    finally:
        SLOTS.release()
    said = json.loads(line)
    if "error" in said:
        raise BadPicture(said["error"])
    return Decoded(body, said["type"], said["width"], said["height"])


def _run(raw: bytes, *limits: int) -> bytes:
    """What the decoder says. It sees no setting and no secret: its environment is empty."""
    command = [sys.executable, "-I", str(DECODER), *map(str, limits)]
    env = {name: os.environ[name] for name in LOADER if name in os.environ}
    return subprocess.run(  # noqa: S603
        command, input=raw, capture_output=True, timeout=SECONDS, check=True, env=env
    ).stdout
