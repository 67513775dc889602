"""Which deliveries may leave: whose channel works, and which are not too late."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.sql import ColumnElement

from app.account.models import Organization, User
from app.channels.models import Channel
from app.db import db, table
from app.scheduler.models import Delivery
from app.scheduler.states import SCHEDULED

OVERDUE = timedelta(minutes=2)  # waited so long: we were away
row = table(Delivery).c


def usable_channels() -> Select[Any]:
    """Ids of channels that work, of organisations that are not being closed and connected by
    somebody whose data may be used."""
    is_restricted = exists().where(
        User.id == Channel.connected_by_id,
        or_(User.restricted_at.is_not(None), User.closing_at.is_not(None)),
    )
    return (
        select(Channel.id)
        .join(Organization, Organization.id == Channel.organization_id)
        .where(Channel.state == "active", Organization.closing_at.is_(None), ~is_restricted)
    )


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Its time passed while nobody looked: such ones of a channel leave with a space between."""
    return and_(row.state == SCHEDULED, row.due_at < now - OVERDUE)


def is_too_late(now: datetime) -> ColumnElement[bool]:
    """Overdue by more than the organisation's late policy allows."""
    patience = (
        select(Organization.late_after)
        .where(Organization.id == row.organization_id)
        .scalar_subquery()
    )
    seconds: ColumnElement[Any] = func.extract("epoch", row.due_at)
    if db.engine.dialect.name == "sqlite":
        seconds = func.unixepoch(row.due_at)
    return and_(patience > 0, seconds + patience * 60 < now.timestamp())
