"""A clock that is set by one process and read by all that it forked, also by one that stood still."""

import mmap
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from app import clock


class Time:
    """Simulated time. A process that is stopped finds, when it goes on, that it has passed."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._shared = mmap.mmap(-1, 8)
        self._set(0.0)

    def _set(self, seconds: float) -> None:
        self._shared[:8] = struct.pack("d", seconds)

    @property
    def seconds(self) -> float:
        found: tuple[float] = struct.unpack("d", self._shared[:8])
        return found[0]

    def go(self, seconds: float) -> datetime:
        self._set(self.seconds + seconds)
        return self.now()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def stopwatch(self) -> float:
        return time.monotonic() + self.seconds

    @contextmanager
    def rules(self) -> Iterator[None]:
        """Inside, everybody reads this clock."""
        with ExitStack() as stack:
            stack.enter_context(patch.object(clock, "now", self.now))
            stack.enter_context(patch.object(clock, "stopwatch", self.stopwatch))
            yield
