"""Servers that are left alone for a while, written down so that pages can say so: the publisher that
counts (`breaker`) is another process. Of a server only a digest is kept, since its name may be that
of whoever runs it; of one that did not answer again the row goes a day later."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from app.db import db, inserting, table
from app.publishing.models import ServerRest

KEPT = timedelta(days=1)
Server = tuple[str, str]  # network, host
row = table(ServerRest).c


@dataclass(frozen=True)
class Rest:
    """`failures`: how often in a row it did not answer, 0 when it asked us to wait; `until`: when it is
    tried next."""

    failures: int
    until: datetime


def digest(server: Server) -> str:
    return hashlib.sha256("\0".join(server).encode()).hexdigest()


def begin(server: Server, failures: int, now: datetime, until: datetime) -> None:
    """It rests from now on, or for another while; the caller commits. Of two publishers that found
    out the one that came last is believed."""
    db.session.execute(delete(ServerRest).where(ServerRest.until < now - KEPT))
    known = {"failures": failures, "began_at": now, "until": until}
    new = inserting(table(ServerRest)).values(server=digest(server), network=server[0], **known)
    again = {"failures": failures, "until": until}
    db.session.execute(new.on_conflict_do_update(index_elements=["server"], set_=again))


def end(server: Server) -> None:
    """It has answered; the caller commits."""
    db.session.execute(delete(ServerRest).where(ServerRest.server == digest(server)))


def known(servers: Collection[Server], now: datetime) -> dict[Server, Rest]:
    """Those of them that rest now."""
    digests = {digest(server): server for server in servers}
    resting = select(row.server, row.failures, row.until).where(row.until > now)
    found = db.session.execute(resting.where(row.server.in_(digests))) if digests else ()
    return {digests[server]: Rest(failures, until) for server, failures, until in found}


def by_network(now: datetime) -> list[tuple[str, int, datetime]]:
    """Network, how many of its servers rest now, and when the first of them is tried next."""
    resting = select(row.network, func.count(), func.min(row.until)).where(row.until > now)
    found = db.session.execute(resting.group_by(row.network).order_by(row.network))
    return [(network, count, until) for network, count, until in found]
