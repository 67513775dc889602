"""Taking deliveries to work on: one conditional UPDATE with a lease and a fence."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, text, tuple_, update
from sqlalchemy.sql import ColumnElement

from app.channels.models import Channel
from app.db import among, among_pairs, db, table
from app.networks import Account, Idempotency, Network, Parcel, Published, network
from app.publishing import turns
from app.publishing.writing import is_free, row
from app.scheduler.models import Delivery, Post
from app.scheduler.states import ASKING, LIVE, TAKEN_UP, WAITING

AHEAD = timedelta(seconds=90)  # pictures and tokens are ready this long before the due time
HEAVY_AHEAD = timedelta(minutes=15)  # and videos
UPLOAD = timedelta(minutes=6)  # the lease while one may be on its way
SUSPECT = 2  # times taken up without an end, after which it is tried alone
POOL = 1000  # of the longest due, among which organisations take turns
POISON = 3  # and after which it is not tried any more


@dataclass
class Claimed:
    """A delivery in our hands until the lease ends; `fence` must still match when we write.

    `record` is what was prepared of it, whole when `is_prepared`; `steps` the parts that are up."""

    id: int
    fence: int
    organization_id: int
    post_id: int
    author_id: int | None
    channel_id: int
    network: str
    account: Account
    state: str
    due_at: datetime
    not_before: datetime
    content_hash: str
    record: dict[str, Any] | None
    is_prepared: bool
    steps: tuple[Published, ...]
    handle: str
    remote_key: str | None
    remote_at: datetime | None
    tries: int
    patience: int
    reads: int
    unknown_since: datetime | None

    @property
    def adapter(self) -> Network:
        return network(self.network)

    @property
    def idempotency(self) -> Idempotency:
        return self.adapter.idempotency_of(self.account)

    @property
    def pieces(self) -> list[dict[str, Any]]:
        """What was prepared so far, one record per part."""
        return (self.record or {}).get("pieces", [])

    @property
    def step_at(self) -> datetime:
        """The instant that the next part's key is made from: parts of a thread follow each other."""
        return self.due_at + timedelta(milliseconds=len(self.steps))

    def parcel(self, taken: frozenset[str] = frozenset()) -> Parcel:
        """The part whose turn it is, as its adapter wants it; `taken` ids belong to others."""
        assert self.remote_key and self.remote_at
        record = self.pieces[len(self.steps)] if len(self.steps) < len(self.pieces) else {}
        return Parcel(self.remote_key, self.remote_at, record, self.steps, self.handle, taken)


def is_cleared() -> ColumnElement[bool]:
    """Needs no approval, or these very words have theirs. A constraint of the table says the same."""
    return or_(~row.needs_approval, row.approved_hash == row.content_hash)


def _wants_work(now: datetime) -> ColumnElement[bool]:
    due = row.not_before <= now
    unprepared = row.prepared_hash != row.content_hash
    may_prepare = or_(row.prepare_after.is_(None), row.prepare_after <= now)
    near = or_(row.not_before <= now + AHEAD, row.is_heavy)
    waiting = and_(
        row.state.in_(WAITING),
        is_cleared(),
        or_(and_(due, ~unprepared), and_(unprepared, near, may_prepare)),
    )
    asking = and_(row.state.in_(ASKING), due)
    return and_(row.not_before <= now + HEAVY_AHEAD, or_(waiting, asking))


def pool(
    now: datetime,
    claims: ColumnElement[bool],
    resting: Collection[tuple[str, str]] = (),
    busy: Collection[int] = (),
) -> Select[Any]:
    """Ids of what wants work, the longest due first: one table, walked by its index. What can't leave
    now, since its server rests or its channel is busy, takes no room of others."""
    wants = (
        text(f"delivery.{TAKEN_UP}"),
        _wants_work(now),
        is_free(now),
        ~turns.waits(now),
        claims,
    )
    chosen = select(row.id).where(*wants).order_by(row.not_before).limit(POOL)
    if resting:
        at_rest = tuple_(Channel.network, Channel.host).in_(list(resting))
        chosen = chosen.where(row.channel_id.not_in(select(Channel.id).where(at_rest)))
    return chosen.where(row.channel_id.not_in(list(busy))) if busy else chosen


def read_in_order() -> None:
    """Postgres is to walk the index of what is pending by time and stop early. A bitmap of all that
    is due would be built anew for each claim, and leaves dead entries where they are."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL enable_bitmapscan = off"))


def _is_uploading() -> ColumnElement[bool]:
    """A video that some networks take in one long request; nothing of it is public yet."""
    return and_(row.state.in_(WAITING), row.is_heavy, row.prepared_hash != row.content_hash)


def claim(
    now: datetime,
    lease: timedelta,
    most: int,
    *,
    resting: Collection[tuple[str, str]] = (),
    flying: Mapping[int, int] | None = None,
    suspect: bool = False,
    heavy: bool = True,
) -> list[Claimed]:
    """Take at most so many deliveries that want work: organisations take turns, each one's longest
    due first. `resting` servers (network, host) are left alone; `flying`: how many of a channel are in
    flight. `suspect`: those that a sender may have died of, else the others. `heavy`: also what has a
    video to upload."""
    alone = row.claims.between(SUSPECT, POISON - 1) if suspect else row.claims < SUSPECT
    alone = alone if heavy else and_(alone, ~_is_uploading())
    ids = _choose(now, alone, most, resting, flying or {})
    if not ids:
        return []
    taken = (
        update(table(Delivery))
        .where(among(row.id, ids), is_free(now), row.state.in_(LIVE), alone)
        .values(lease_token=row.lease_token + 1, claims=row.claims + 1)
        .values(lease_until=case((_is_uploading(), now + max(lease, UPLOAD)), else_=now + lease))
        .returning(row.id)
    )
    return _load(list(db.session.scalars(taken)))


def _choose(
    now: datetime,
    claims: ColumnElement[bool],
    most: int,
    resting: Collection[tuple[str, str]],
    flying: Mapping[int, int],
) -> list[int]:
    """Whose turn it is; on Postgres locked, without those that another publisher is taking."""
    read_in_order()
    busy = [channel for channel, count in flying.items() if count >= turns.AT_ONCE]
    found = list(db.session.scalars(pool(now, claims, resting, busy)))
    ids = turns.fitting(turns.ready(now, found), most, flying) if found else []
    if ids and db.engine.dialect.name == "postgresql":
        free = select(row.id).where(among(row.id, ids)).with_for_update(skip_locked=True)
        ids = list(db.session.scalars(free))
    return ids


def renew(works: Iterable[Claimed], until: datetime) -> None:
    """What is still being uploaded stays in our hands; nothing of it is public yet."""
    ours = {(work.id, work.fence) for work in works}
    if ours:
        pairs = among_pairs(row.id, row.lease_token, ours)
        longer = (pairs, row.state.in_(WAITING), row.lease_until < until)
        db.session.execute(update(table(Delivery)).where(*longer).values(lease_until=until))


def _load(ids: list[int]) -> list[Claimed]:
    columns = (
        select(table(Delivery), Post.author_id, Channel)
        .join(Post, Post.id == row.post_id)
        .join(Channel, Channel.id == row.channel_id)
    )
    rows = db.session.execute(columns.where(among(row.id, ids)).order_by(row.not_before)).mappings()
    return [_hand_over(found) for found in rows]


SAME = (
    *("id", "organization_id", "post_id", "author_id", "channel_id", "state", "due_at"),
    *("not_before", "content_hash", "handle", "remote_key", "remote_at", "tries", "patience"),
    *("reads", "unknown_since"),
)


def _hand_over(found: Any) -> Claimed:
    channel: Channel = found["Channel"]
    record = found["record"] or {}
    return Claimed(
        **{name: found[name] for name in SAME},
        fence=found["lease_token"],
        network=channel.network,
        account=channel.account,
        record=record if record.get("hash") == found["content_hash"] else None,
        is_prepared=found["prepared_hash"] == found["content_hash"],
        steps=tuple(Published(s["id"], s["url"], s["ref"]) for s in found["steps"]),
    )


def next_wake(now: datetime) -> datetime | None:
    """When the next delivery will want work; None when nothing waits."""
    ahead = select(func.min(row.not_before)).where(row.state.in_(LIVE), row.not_before > now)
    return db.session.scalar(ahead)


def wants_work(now: datetime) -> bool:
    """Is there anything that a publisher could take right now?"""
    return _can_go(pool(now, row.claims < POISON), now)


def is_overdue(since: datetime) -> bool:
    """The same of what was due by then, whatever else could be made ready ahead of its time."""
    return _can_go(pool(since, row.claims < POISON).where(row.not_before <= since), since)


def _can_go(chosen: Select[Any], now: datetime) -> bool:
    found = list(db.session.scalars(chosen))
    return bool(found) and db.session.execute(turns.ready(now, found).limit(1)).first() is not None
