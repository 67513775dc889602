"""The only place that asks the system for the time."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def of_machine() -> datetime:
    """What this machine's clock shows, to hold it against another one."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds on a clock that never jumps; only differences mean anything."""
    return time.monotonic()


def parse(text: str) -> datetime:
    """An RFC 3339 instant; raises ValueError without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
