"""Pictures are known by decoding, never by name, in a child process (`child`)."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from app.media import child
from app.media.child import BadMedia

TYPES = ("image/jpeg", "image/png", "image/webp")  # what the decoder writes
MOST = 20 * 1024 * 1024
DECODER = Path(__file__).with_name("decoder.py")
SECONDS = 20


class BadPicture(BadMedia):
    """A picture that is not taken."""


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


def fit(raw: bytes, max_bytes: int, max_side: int, types: tuple[str, ...] = TYPES) -> Decoded:
    """A decoded picture within a network's limits and of a type that it takes; unchanged when it
    is so already. Raises BadPicture."""
    with Image.open(io.BytesIO(raw)) as known:  # ours: it went through `decode`
        width, height, kind = *known.size, Image.MIME[known.format or "PNG"]
    if len(raw) <= max_bytes and max(width, height) <= max_side and kind in types:
        return Decoded(raw, kind, width, height)
    return _in_child(raw, max_bytes, max_side, *types)


def sides(body: bytes) -> tuple[int, int]:
    """Width and height of a picture of ours, in pixels."""
    with Image.open(io.BytesIO(body)) as known:
        return known.size


def _in_child(raw: bytes, *limits: object) -> Decoded:
    try:
        said, body = child.ask(DECODER, *limits, noun="picture", timeout=SECONDS, input=raw)
    except BadMedia as trouble:
        raise BadPicture(str(trouble)) from None
    return Decoded(body, said["type"], said["width"], said["height"])
