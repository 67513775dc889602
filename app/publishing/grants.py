"""Keys that are fresh enough to send with: refreshed ahead, one refresh at a time."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update

from app import clock, http
from app.channels.apps import app_of
from app.channels.models import Channel, ChannelGrant, bound_to, open_grant
from app.db import db, table
from app.networks import Account, Grant, Refused, Unknown, network
from app.vault import seal

MARGIN = timedelta(minutes=10)
LEASE = timedelta(seconds=30)
grant = table(ChannelGrant).c

NO_KEYS = Refused("The channel is disconnected. Connect it again.", permanent=False, reconnect=True)


async def fresh(web: http.Client, channel_id: int, account: Account) -> Grant | Refused | Unknown:
    """The channel's keys, refreshed when they end within the margin."""
    for _ in range(100):
        kept = db.session.execute(
            select(grant.sealed, grant.expires_at, grant.version).where(
                grant.channel_id == channel_id
            )
        ).first()
        app = app_of(account.network, account.host)
        db.session.rollback()
        if kept is None:
            return NO_KEYS
        opened = open_grant(channel_id, kept.sealed, kept.expires_at, app)
        now = clock.now()
        if opened.expires_at is None or opened.expires_at > now + MARGIN:
            return opened
        if _take(channel_id, kept.version, now):
            return await _refresh(web, channel_id, account, opened, kept.version)
        await asyncio.sleep(0.2)  # somebody else is refreshing: look again
    return Unknown("The keys are being refreshed elsewhere and did not come back.")


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
) -> Grant | Refused | Unknown:
    answer = await network(account.network).refresh(web, account, old)
    values: dict[str, object] = {"lease_until": None}
    if isinstance(answer, Grant):  # committed before it is used
        values |= {
            "sealed": seal(answer.secrets, bound_to=bound_to(channel_id)),
            "expires_at": answer.expires_at,
            "version": version + 1,
        }
    db.session.execute(
        update(table(ChannelGrant))
        .where(grant.channel_id == channel_id, grant.version == version)
        .values(**values)
    )
    if isinstance(answer, Refused) and answer.reconnect:
        lose(channel_id, answer.reason)
    db.session.commit()
    still_good = old.expires_at is not None and old.expires_at > clock.now() + timedelta(minutes=1)
    return old if isinstance(answer, Unknown) and still_good else answer


def lose(channel_id: int, reason: str) -> None:
    """The network no longer takes the keys: the whole channel waits for its person."""
    db.session.execute(
        update(table(Channel))
        .where(table(Channel).c.id == channel_id, table(Channel).c.state == "active")
        .values(state="needs_reconnect", problem=reason, checked_at=clock.now())
    )


def expire(channel_id: int) -> None:
    """The network called the access token stale: refresh before the next use."""
    db.session.execute(
        update(table(ChannelGrant))
        .where(grant.channel_id == channel_id)
        .values(expires_at=clock.now())
    )
