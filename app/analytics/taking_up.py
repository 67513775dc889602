"""Which posts and channels are looked at next."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, insert, literal, or_, select, union_all, update

from app.account.models import Organization, User
from app.analytics import timetable
from app.analytics.models import ChannelLook, Measure
from app.channels.models import Channel
from app.db import db, table
from app.networks.registry import NETWORKS
from app.publishing.welcome import works
from app.scheduler.models import Delivery
from app.scheduler.states import PUBLISHED

CHUNK = 2_000  # posts taken up in one transaction
A_DAY = timedelta(days=1)
Rows = Select[*tuple[Any, ...]]
measures, look = table(Measure), table(ChannelLook).c


def take_up(since: datetime | None, now: datetime) -> int:
    """Give measures to what was published since then (None: ever) and has none; how many. Commit,
    and call again while it is CHUNK."""
    chosen = (
        select(Delivery.id, Delivery.organization_id, Delivery.channel_id, Delivery.published_at)
        .add_columns(Delivery.external_id, Channel.network)
        .join(Channel, Channel.id == Delivery.channel_id)
        .outerjoin(Measure, Measure.delivery_id == Delivery.id)
        .where(Delivery.published_at.is_not(None), Delivery.state == PUBLISHED)
        .where(Measure.delivery_id.is_(None))
        .order_by(Delivery.id)
        .limit(CHUNK)
    )
    if since is not None:
        chosen = chosen.where(Delivery.published_at >= since)
    rows = [
        {
            "delivery_id": found.id,
            "organization_id": found.organization_id,
            "channel_id": found.channel_id,
            "published_at": found.published_at,
            "next_at": _first(found.network, found.external_id, found.published_at, now),
        }
        for found in db.session.execute(chosen)
    ]
    if rows:
        db.session.execute(insert(measures), rows)
    return len(rows)


def _first(
    network: str, external_id: str | None, published_at: datetime, now: datetime
) -> datetime | None:
    if not external_id or network not in NETWORKS:
        return None
    return timetable.first_look(timetable.of(NETWORKS[network]), published_at, now)


def put_off(now: datetime) -> None:
    """What is due on a channel that doesn't work waits a day, so that it is not found again at each
    tick."""
    working = _working(select(Channel.id))
    late = update(measures).where(
        measures.c.next_at <= now, measures.c.channel_id.not_in(working.scalar_subquery())
    )
    db.session.execute(late.values(next_at=now + A_DAY))


def due(now: datetime, most: int) -> list[int]:
    """Channels that are to be looked at, those that waited longest first: a post is due, or nobody
    asked for a day how many follow. Not one that somebody looks at already or that asked us to wait."""
    waiting = select(Measure.channel_id, func.min(Measure.next_at).label("since"))
    posts = _open(waiting, now)
    posts = posts.join(Measure, Measure.channel_id == Channel.id)
    posts = posts.where(Measure.next_at <= now).group_by(Measure.channel_id)
    asked = [slug for slug, network in NETWORKS.items() if network.tells_audience]
    stale = or_(look.followers_at.is_(None), look.followers_at < now - A_DAY)
    every = select(Channel.id, literal(now, Measure.next_at.type).label("since"))
    audiences = _open(every, now)
    audiences = audiences.where(Channel.network.in_(asked), stale)
    both = union_all(posts, audiences).subquery()
    ids = select(both.c[0]).group_by(both.c[0]).order_by(func.min(both.c.since), both.c[0])
    return list(db.session.scalars(ids.limit(most)))


def is_wanted(now: datetime) -> bool:
    """Is there anything to collect? One short statement, for the clock."""
    young = now - A_DAY
    new = exists().where(
        Delivery.published_at >= young,
        Delivery.state == PUBLISHED,
        ~exists().where(Measure.delivery_id == Delivery.id),
    )
    return bool(db.session.scalar(select(new))) or bool(due(now, 1))


def is_asked(channel_id: int) -> bool:
    """Whether anybody looks at the channel at all."""
    return bool(db.session.scalar(_working(select(Channel.id)).where(Channel.id == channel_id)))


def _working(chosen: Rows) -> Rows:
    """Of channels that work, by people whose data may be used."""
    return (
        chosen.select_from(Channel)
        .join(Organization, Organization.id == Channel.organization_id)
        .outerjoin(User, User.id == Channel.connected_by_id)
        .where(works())
    )


def _open(chosen: Rows, now: datetime) -> Rows:
    """And nobody looks at them, nor does the network want us to wait."""
    free = or_(look.lease_until.is_(None), look.lease_until <= now)
    allowed = or_(look.not_before.is_(None), look.not_before <= now)
    looked_at = _working(chosen).outerjoin(ChannelLook, ChannelLook.channel_id == Channel.id)
    return looked_at.where(free, allowed)
