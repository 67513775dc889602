"""Pictures and videos as adapters are given them. Sizes in bytes, sides in pixels."""

from collections.abc import Callable
from dataclasses import dataclass

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"


@dataclass(frozen=True)
class Picture:
    """A picture that fits the network's limits. `url`: where the network may fetch it for a day."""

    body: bytes
    type: str
    alt: str
    width: int
    height: int
    url: str = ""


@dataclass(frozen=True)
class Video:
    """A video; `read(start, length)` gives a stretch of its bytes."""

    read: Callable[[int, int], bytes]
    size: int
    type: str
    alt: str
    width: int
    height: int
    seconds: float
    url: str = ""
