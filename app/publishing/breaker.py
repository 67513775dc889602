"""A server that fails again and again, or asks all that we send to wait, is left alone for a while; only
what goes there waits. That it rests is written down, for the pages that say so."""

from collections import Counter, defaultdict, deque
from datetime import datetime, timedelta

from app.networks import Processing, Published, Refused, Unknown
from app.publishing import rests
from app.publishing.rests import Server

ERRORS, WITHIN, REST = 10, timedelta(seconds=60), timedelta(seconds=60)


class Breaker:
    """Counts in the memory of one publisher: each finds out for itself. Its rows are for pages alone."""

    def __init__(self) -> None:
        self.errors: dict[Server, deque[datetime]] = defaultdict(lambda: deque(maxlen=ERRORS))
        self.until: dict[Server, datetime] = {}
        self.in_a_row: Counter[Server] = Counter()  # failures since the last answer

    def note(
        self, server: Server, answer: Published | Processing | Refused | Unknown, now: datetime
    ) -> None:
        """An error is an answer that never came, or a connection that never stood. The caller commits."""
        failed = isinstance(answer, Unknown) or (isinstance(answer, Refused) and answer.not_sent)
        if not failed:
            self.errors.pop(server, None)
            if self.in_a_row.pop(server, 0) >= ERRORS:
                rests.end(server)
            if isinstance(answer, Refused) and answer.for_all and answer.retry_at:
                self._rest(server, 0, now, answer.retry_at)
            return
        self.in_a_row[server] += 1
        seen = self.errors[server]
        seen.append(now)
        if len(seen) == ERRORS and now - seen[0] <= WITHIN:
            seen.clear()
            self._rest(server, self.in_a_row[server], now, now + REST)

    def _rest(self, server: Server, failures: int, now: datetime, until: datetime) -> None:
        self.until[server] = max(until, self.until.get(server, until))
        rests.begin(server, failures, now, self.until[server])

    def resting(self, now: datetime) -> frozenset[Server]:
        for server in [server for server, until in self.until.items() if until <= now]:
            del self.until[server]
        return frozenset(self.until)
