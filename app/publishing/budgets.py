"""How much the networks let an account do, from the headers of their answers: draft-ietf-httpapi-
ratelimit-headers, X-RateLimit-* and X-Rate-Limit-* as Mastodon, X, Pinterest and Discord send them, and
`Retry-After` (RFC 9110 10.2.3), which wins."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, case, select, update

from app import clock, http
from app.db import among, db, table
from app.networks.asking import retry_at
from app.publishing.claiming import Claimed
from app.publishing.models import Budget

PREFIXES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
LONGEST_WINDOW = timedelta(days=1)
budget = table(Budget).c


@dataclass(frozen=True)
class Told:
    """What one answer said of a channel's budget for an action."""

    channel_id: int
    action: str
    most: int
    remaining: int
    reset_at: datetime


class Meter:
    """Hears the answers that one delivery gets; `action` says what is being done."""

    def __init__(self, channel_id: int, hear: Callable[[Told], None]) -> None:
        self.channel_id, self.hear, self.action = channel_id, hear, "read"

    def __call__(self, answer: http.Answer) -> None:
        if told := read(self.channel_id, self.action, answer, clock.now()):
            self.hear(told)


def read(channel_id: int, action: str, answer: http.Answer, now: datetime) -> Told | None:
    """The budget that an answer tells of, if it does."""
    if answer.status == 429:
        until = retry_at(answer.headers, now)
        return Told(channel_id, action, 1, 0, until) if until and until > now else None
    for prefix in PREFIXES:
        most = _number(answer.headers.get(f"{prefix}limit"))
        remaining = _number(answer.headers.get(f"{prefix}remaining"))
        reset_at = _reset(answer.headers, prefix, now)
        if most and remaining is not None and reset_at:
            return Told(channel_id, action, most, remaining, reset_at)
    return None


def _number(text: str | None) -> int | None:
    """ "300" and "300, 300;w=60" are 300."""
    head = (text or "").split(",")[0].split(";")[0].strip()
    return min(int(head), 2**31 - 1) if head.isascii() and head.isdecimal() else None


def _reset(headers: Mapping[str, str], prefix: str, now: datetime) -> datetime | None:
    """Seconds, a Unix time, or an instant (ISO 8601), at most a day ahead."""
    told = headers.get(f"{prefix}reset", "").strip()
    try:
        number = float(told)
        moment = (
            datetime.fromtimestamp(number, UTC)
            if number > 1_000_000_000
            else now + timedelta(seconds=number)
        )
    except (ValueError, OverflowError, OSError):
        try:
            moment = clock.parse(told)
        except ValueError:
            return None
    return min(moment, now + LONGEST_WINDOW) if moment > now else None


def spend(works: Iterable[Claimed], now: datetime) -> None:
    """Count requests that are about to leave; what the next answer says comes on top."""
    channels = Counter(work.channel_id for work in works)
    for times in set(channels.values()):
        ids = [id for id, count in channels.items() if count == times]
        left = case((budget.remaining > times, budget.remaining - times), else_=0)
        ours = and_(among(budget.channel_id, ids), budget.action == "post", budget.reset_at > now)
        db.session.execute(update(table(Budget)).where(ours).values(remaining=left))


def keep(told: Sequence[Told], now: datetime) -> None:
    """Write down what was heard; within a window the smaller number holds, since answers overtake
    each other."""
    newest = {(one.channel_id, one.action): one for one in told}
    for one in told:
        known = newest[one.channel_id, one.action]
        if abs(one.reset_at - known.reset_at) < timedelta(seconds=5):
            newest[one.channel_id, one.action] = min(one, known, key=lambda t: t.remaining)
    for (channel_id, action), one in sorted(newest.items()):
        row = db.session.get(Budget, (channel_id, action), with_for_update=True)
        if row is None:
            row = Budget(channel_id=channel_id, action=action, reset_at=now)
            db.session.add(row)
        same = row.reset_at > now and abs(row.reset_at - one.reset_at) < timedelta(seconds=5)
        row.remaining = min(row.remaining, one.remaining) if same else one.remaining
        row.most, row.reset_at = one.most, one.reset_at


def may_read(channel_id: int, now: datetime) -> bool:
    """Is there room for reading figures? Half of what a network allows is kept for publishing."""
    rows = db.session.scalars(select(Budget).where(Budget.channel_id == channel_id))
    return all(row.remaining * 2 > row.most for row in rows if row.reset_at > now)
