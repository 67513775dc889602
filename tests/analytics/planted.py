"""Posts that are out, with figures as a network told them, written past the collection."""

from datetime import datetime, timedelta
from itertools import count

from app.account.models import User
from app.analytics.models import Audience, Measure, Reading, Tally, hour_of
from app.channels.models import Channel
from app.db import db
from app.scheduler.states import PUBLISHED
from tests import make

numbers = count(1)


def out(user: User, channel: Channel, at: datetime, text: str = "Hello", **figures: int) -> Measure:
    """Published then, with these totals since; they came in within the hour after it."""
    number = next(numbers)
    post = make.post(user, channel, text=text, due_at=at, nonce=f"out{number}")
    post.state, delivery = PUBLISHED, post.deliveries[0]
    delivery.state, delivery.published_at, delivery.external_id = PUBLISHED, at, f"x{number}"
    made = measured(delivery.id, channel, at, **figures)
    db.session.commit()
    return made


def measured(delivery_id: int, channel: Channel, at: datetime, **figures: int) -> Measure:
    told = at + timedelta(hours=1)
    made = Measure(
        delivery_id=delivery_id,
        organization_id=channel.organization_id,
        channel_id=channel.id,
        published_at=at,
        fetched_at=told if figures else None,
        **figures,
    )
    db.session.add(made)
    db.session.flush()
    if figures:
        db.session.add(Reading(delivery_id=delivery_id, at=told, **figures))
        came(channel, told, **figures)
    return made


def came(channel: Channel, at: datetime, **figures: int) -> None:
    """Gains of an hour."""
    key = (channel.organization_id, channel.id, hour_of(at))
    row = db.session.get(Tally, key)
    if row is None:
        names = ("organization_id", "channel_id", "hour")
        row = Tally(**dict(zip(names, key, strict=True)))
        db.session.add(row)
    for name, gain in figures.items():
        setattr(row, name, (getattr(row, name) or 0) + gain)


def follow(channel: Channel, at: datetime, followers: int) -> None:
    db.session.add(Audience(channel_id=channel.id, on=at.date(), followers=followers))
    db.session.commit()
