"""Keys that are fresh enough to send with: refreshed ahead, one refresh at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, exists, or_, select, update
from sqlalchemy.exc import OperationalError

from app import clock, http
from app.channels.apps import app_of
from app.channels.models import Channel, ChannelGrant, bound_to, open_grant
from app.db import among, db, table
from app.networks import Account, Grant, Refused, Unknown, network
from app.scheduler.models import Delivery
from app.scheduler.states import WAITING
from app.vault import seal

MARGIN = timedelta(minutes=10)  # what ends sooner is renewed before it is used
BEFORE_DUE = timedelta(minutes=60)  # and what ends sooner than this when a post is due within it
LONG_LIVED = timedelta(days=1)  # keys that live longer are renewed without being needed
WORN = 0.7  # of their life gone
PAUSE = timedelta(minutes=5)  # between two renewals ahead of time
LEASE = timedelta(seconds=30)
FOREVER = timedelta(days=36_500)
grant, row = table(ChannelGrant).c, table(Delivery).c

NO_KEYS = Refused("The channel is disconnected. Connect it again.", permanent=False, reconnect=True)


@dataclass(frozen=True)
class Kept:
    """The keys to a channel as they are kept: sealed."""

    channel_id: int
    sealed: str
    expires_at: datetime | None
    version: int


Look = Callable[[int], Awaitable[Kept | None]]


def read(ids: Sequence[int]) -> list[Kept | None]:
    """The keys of these channels, in their order; None where there are none."""
    columns = (grant.channel_id, grant.sealed, grant.expires_at, grant.version)
    rows = db.session.execute(select(*columns).where(among(grant.channel_id, set(ids)))).all()
    found = {kept.channel_id: Kept(*kept) for kept in rows}
    return [found.get(id) for id in ids]


async def fresh(
    web: http.Client, channel_id: int, account: Account, look: Look, margin: timedelta = MARGIN
) -> Grant | Refused | Unknown:
    """The channel's keys, renewed when they end within the margin."""
    for _ in range(100):
        kept = await look(channel_id)
        if kept is None:
            return NO_KEYS
        app = app_of(account.network, account.host)
        db.session.rollback()
        opened = open_grant(channel_id, kept.sealed, kept.expires_at, app)
        now = clock.now()
        if opened.expires_at is None or opened.expires_at > now + margin:
            return opened
        if _take(channel_id, kept.version, now):
            renewed = await _refresh(web, channel_id, account, opened, kept.version)
            if renewed is not None:
                return renewed
        else:
            await asyncio.sleep(0.2)  # somebody else is renewing: look again
    return Unknown("The keys are being renewed elsewhere and did not come back.")


async def fresh_of(
    web: http.Client, channel_id: int, account: Account, margin: timedelta = MARGIN
) -> Grant | Refused | Unknown:
    """The same for one channel, looked at by itself."""

    async def look(id: int) -> Kept | None:
        return read([id])[0]

    return await fresh(web, channel_id, account, look, margin)


def worn(now: datetime) -> list[int]:
    """Channels whose keys want renewing before anybody needs them: a post is due soon, or most of a
    long life is gone. None was renewed just now."""
    needed = exists().where(
        row.channel_id == grant.channel_id,
        row.state.in_(WAITING),
        row.not_before <= now + BEFORE_DUE,
    )
    rested = or_(grant.refreshed_at.is_(None), grant.refreshed_at < now - PAUSE)
    rows = db.session.execute(
        select(
            grant.channel_id,
            grant.expires_at,
            grant.ends_at,
            grant.refreshed_at,
            needed.label("is_needed"),
        )
        .join(Channel, Channel.id == grant.channel_id)
        .where(Channel.state == "active", grant.expires_at.is_not(None), rested)
    )
    return [found.channel_id for found in rows if _is_worn(found, now)]


def _is_worn(found: Any, now: datetime) -> bool:
    if found.is_needed and found.expires_at <= now + BEFORE_DUE:
        return True
    if found.refreshed_at is None:
        return False
    ends = (end for end in (found.expires_at, found.ends_at) if end is not None)
    lives = ((found.refreshed_at, end - found.refreshed_at) for end in ends)
    return any(life > LONG_LIVED and now >= since + WORN * life for since, life in lives)


def renew(channel_id: int) -> None:
    """Renew a channel's keys now, from ordinary code."""
    channel = db.session.get_one(Channel, channel_id)
    account = channel.account
    db.session.rollback()

    async def run() -> None:
        async with http.client() as web:
            await fresh_of(web, channel_id, account, FOREVER)

    asyncio.run(run())


def _take(channel_id: int, version: int, now: datetime) -> bool:
    """The right to refresh, for half a minute."""
    free = (grant.lease_until.is_(None)) | (grant.lease_until < now)
    taken: CursorResult[tuple[()]] = db.session.execute(  # type: ignore[assignment]
        update(table(ChannelGrant))
        .where(grant.channel_id == channel_id, grant.version == version, free)
        .values(lease_until=now + LEASE)
    )
    db.session.commit()
    return taken.rowcount == 1


async def _refresh(
    web: http.Client, channel_id: int, account: Account, old: Grant, version: int
) -> Grant | Refused | Unknown | None:
    """None when we stood still for longer than our lease and another has renewed them meanwhile."""
    answer = await network(account.network).refresh(web, account, old)
    now = clock.now()
    values: dict[str, object] = {"lease_until": None, "is_uncertain": isinstance(answer, Unknown)}
    if isinstance(answer, Grant):  # committed before it is used
        answer = _whole(old, answer)
        values |= {
            "sealed": seal(answer.secrets, bound_to=bound_to(channel_id)),
            "expires_at": answer.expires_at,
            "ends_at": answer.ends_at,
            "refreshed_at": now,
            "told_at": None,
            "version": version + 1,
        }
    is_ours = _keep(channel_id, version, values)
    if is_ours and isinstance(answer, Refused) and answer.reconnect:
        lose(channel_id, answer.reason)
        db.session.commit()
    if not is_ours:
        return None
    still_good = old.expires_at is not None and old.expires_at > clock.now() + timedelta(minutes=1)
    return old if isinstance(answer, Unknown) and still_good else answer


def _keep(channel_id: int, version: int, values: dict[str, object]) -> bool:
    """Commit it where the version is still the one that was renewed. When the line to the database
    breaks it is tried once more, since the network may have forgotten the old keys by now."""
    try:
        return _write(channel_id, version, values)
    except OperationalError:
        db.session.rollback()
        return _write(channel_id, version, values)


def _write(channel_id: int, version: int, values: dict[str, object]) -> bool:
    kept: CursorResult[tuple[()]] = db.session.execute(  # type: ignore[assignment]
        update(table(ChannelGrant))
        .where(grant.channel_id == channel_id, grant.version == version)
        .values(**values)
    )
    db.session.commit()
    return kept.rowcount == 1


def _whole(old: Grant, new: Grant) -> Grant:
    """An empty answer never overwrites a key, and what was not told again still holds."""
    secrets = old.secrets | {name: text for name, text in new.secrets.items() if text}
    return replace(new, secrets=secrets, ends_at=new.ends_at or old.ends_at, app=old.app)


def lose(channel_id: int, reason: str) -> None:
    """The network no longer takes the keys: the whole channel waits for its person."""
    lost = db.session.execute(
        update(table(Channel))
        .where(table(Channel).c.id == channel_id, table(Channel).c.state == "active")
        .values(state="needs_reconnect", problem=reason, checked_at=clock.now())
        .returning(table(Channel).c.id)
    ).scalars()
    untold = update(table(ChannelGrant)).where(grant.channel_id.in_(lost.all()))
    db.session.execute(untold.values(told_at=None))  # that it would end is not that it has


def expire(channel_id: int) -> None:
    """The network called the access token stale: refresh before the next use."""
    db.session.execute(
        update(table(ChannelGrant))
        .where(grant.channel_id == channel_id)
        .values(expires_at=clock.now())
    )
