"""Which deliveries may leave: whose channel works, and which are not too late."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.sql import ColumnElement

from app.account.models import Organization, User
from app.channels.models import Channel
from app.db import db, table
from app.scheduler.models import Delivery
from app.scheduler.states import SCHEDULED, WAITING

OVERDUE = timedelta(minutes=2)  # waited so long: we were away
row = table(Delivery).c


def works() -> ColumnElement[bool]:
    """Of a channel with its organisation and the person who connected it: it works, nothing is being
    closed, and that person's data may be used."""
    is_theirs = and_(User.restricted_at.is_(None), User.closing_at.is_(None))
    return and_(
        Channel.state == "active",
        Channel.set_aside_at.is_(None),
        ~is_paused(),
        Organization.closing_at.is_(None),
        or_(User.id.is_(None), is_theirs),
    )


def is_paused() -> ColumnElement[bool]:
    """Of a channel with its organisation: somebody told one of them to rest."""
    return or_(Channel.paused_at.is_not(None), Organization.paused_at.is_not(None))


def paused_channels() -> Select[Any]:
    """Ids of the channels that rest."""
    joined = select(Channel.id).join(Organization, Organization.id == Channel.organization_id)
    return joined.where(is_paused())


def usable_channels() -> Select[Any]:
    """Ids of the channels that work."""
    return (
        select(Channel.id)
        .join(Organization, Organization.id == Channel.organization_id)
        .outerjoin(User, User.id == Channel.connected_by_id)
        .where(works())
    )


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Its time passed while nobody looked: such ones of a channel leave with a space between."""
    return and_(row.state == SCHEDULED, row.due_at < now - OVERDUE)


def is_too_late(now: datetime) -> ColumnElement[bool]:
    """Of a delivery with its organisation: overdue by more than the late policy allows."""
    seconds: ColumnElement[Any] = func.extract("epoch", row.due_at)
    if db.engine.dialect.name == "sqlite":
        seconds = func.unixepoch(row.due_at)
    patience = Organization.late_after
    return and_(patience > 0, seconds + patience * 60 < now.timestamp())


def too_late(now: datetime) -> Select[Any]:
    """Ids of what waits and is too late."""
    joined = select(row.id).join(Organization, Organization.id == row.organization_id)
    return joined.where(row.state.in_(WAITING), row.not_before <= now, is_too_late(now))
