"""A video as the body of one request: a stretch is read while the one before is on its way, so that it
is never in memory whole."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.networks.media import Video

LENGTH = 1024 * 1024  # bytes read at once
SLOWEST = 400_000  # bytes a second that we wait for


@dataclass(frozen=True)
class Stretches:
    """Can be sent again: each time it is read anew."""

    video: Video

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, self.video.size, LENGTH):
            yield await asyncio.to_thread(self.video.read, start, LENGTH)

    @property
    def headers(self) -> dict[str, str]:
        """With its length, so that it is not sent in chunks (RFC 9112 6.2)."""
        return {"Content-Type": self.video.type, "Content-Length": str(self.video.size)}

    @property
    def seconds(self) -> float:
        """How long it may take."""
        return 30 + self.video.size / SLOWEST
