"""A server that fails again and again is left alone for a while; only what goes there waits."""

from collections import defaultdict, deque
from datetime import datetime, timedelta

from app.networks import Processing, Published, Refused, Unknown

ERRORS, WITHIN, REST = 10, timedelta(seconds=60), timedelta(seconds=60)
Server = tuple[str, str]  # network, host


class Breaker:
    """Counts in the memory of one publisher: each finds out for itself."""

    def __init__(self) -> None:
        self.errors: dict[Server, deque[datetime]] = defaultdict(lambda: deque(maxlen=ERRORS))
        self.until: dict[Server, datetime] = {}

    def note(
        self, server: Server, answer: Published | Processing | Refused | Unknown, now: datetime
    ) -> None:
        """An error is an answer that never came, or a connection that never stood."""
        failed = isinstance(answer, Unknown) or (isinstance(answer, Refused) and answer.not_sent)
        if not failed:
            self.errors.pop(server, None)
            return
        seen = self.errors[server]
        seen.append(now)
        if len(seen) == ERRORS and now - seen[0] <= WITHIN:
            self.until[server] = now + REST
            seen.clear()

    def resting(self, now: datetime) -> frozenset[Server]:
        for server in [server for server, until in self.until.items() if until <= now]:
            del self.until[server]
        return frozenset(self.until)
