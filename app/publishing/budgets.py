"""How much the networks let an account do, from the headers of their answers: draft-ietf-httpapi-
ratelimit-headers, X-RateLimit-* and X-Rate-Limit-* as Mastodon, X, Pinterest and Discord send them, and
`Retry-After` (RFC 9110 10.2.3), which wins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce

from sqlalchemy import and_, bindparam, select, update

from app import clock, http
from app.db import among, db, table
from app.networks.asking import retry_at
from app.publishing.claiming import Claimed
from app.publishing.models import OF_POSTS, WAIT, Budget

PREFIXES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
LONGEST_WINDOW = timedelta(days=1)
NOTHING = 0  # requests in the window of a 429
budget = table(Budget).c


@dataclass(frozen=True)
class Told:
    """What one answer said of a channel's budget for an action."""

    channel_id: int
    action: str
    most: int
    remaining: int
    reset_at: datetime

    @property
    def is_wait(self) -> bool:
        """Nothing may be sent until then: a 429 said so."""
        return self.most == NOTHING and self.remaining == 0


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
        return Told(channel_id, action, NOTHING, 0, until) if until and until > now else None
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


def spend(works: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """Take from the budgets for requests that are about to leave; those for which nothing is left drop
    out. What the next answer says comes on top."""
    channels = {work.channel_id for work in works}
    ours = and_(among(budget.channel_id, channels), budget.action.in_(OF_POSTS))
    known = select(budget.channel_id, budget.action, budget.remaining).where(ours)
    known = known.where(budget.reset_at > now).order_by(budget.channel_id, budget.action)
    rows = db.session.execute(known.with_for_update()).all()
    left = {found.channel_id: found.remaining for found in rows if found.action == "post"}
    shut = {found.channel_id for found in rows if found.action != "post"}
    before, allowed = dict(left), []
    for work in works:
        if work.channel_id in shut or left.get(work.channel_id) == 0:
            continue
        if work.channel_id in left:
            left[work.channel_id] -= 1
        allowed.append(work)
    spent = [{"b_id": id, "left": n} for id, n in left.items() if n != before[id]]
    if spent:
        of_channel = and_(budget.channel_id == bindparam("b_id"), budget.action == "post")
        changed = update(table(Budget)).where(of_channel).values(remaining=bindparam("left"))
        db.session.execute(changed, spent)
    return allowed


def keep(told: Sequence[Told], now: datetime) -> None:
    """Write down what was heard. Answers overtake each other: within a window the smaller number
    holds, and a wait that was asked for holds to its end, whatever else is heard. When it is over, the
    window that it fell into may last."""
    heard: dict[tuple[int, str], list[Told]] = {}
    for one in told:
        action = one.action + (WAIT if one.is_wait else "")
        heard.setdefault((one.channel_id, action), []).append(one)
    for key, ones in sorted(heard.items()):
        row = db.session.get(Budget, key, with_for_update=True)
        if row is None:
            row = Budget(channel_id=key[0], action=key[1], reset_at=now)
            db.session.add(row)
        elif row.reset_at > now:
            ones = [Told(*key, row.most, row.remaining, row.reset_at), *ones]
        holds = reduce(_both, ones)
        row.most, row.remaining, row.reset_at = holds.most, holds.remaining, holds.reset_at


def _both(known: Told, one: Told) -> Told:
    """What holds after both were heard, in this order: of waits the longer one."""
    if one.is_wait:
        return max(known, one, key=lambda told: told.reset_at)
    is_same = abs(known.reset_at - one.reset_at) < timedelta(seconds=5)
    return replace(one, remaining=min(known.remaining, one.remaining)) if is_same else one


def may_read(channel_id: int, now: datetime) -> bool:
    """Is there room for reading figures? Half of what a network allows is kept for publishing."""
    rows = db.session.scalars(select(Budget).where(Budget.channel_id == channel_id))
    return all(row.remaining * 2 > row.most for row in rows if row.reset_at > now)
