"""The queue as people look at it: what goes out next, and the free slots between."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Select
from sqlalchemy.orm import contains_eager

from app.account.models import Membership
from app.channels.models import Channel
from app.db import db
from app.scheduler import free_slots, queueing
from app.scheduler.lists import UPCOMING, row, whole
from app.scheduler.models import Delivery, Post
from app.scheduler.states import PENDING, WORDS
from app.scheduler.wall_time import on_the_wall

SHOWN = (*UPCOMING, PENDING)  # on a channel: what waits for a yes holds its slot too
MOST = 500
WEEK, FORTNIGHT = timedelta(days=7), timedelta(days=14)
Entry = dict[str, Any]
POST: Entry = {"is_free": False, "delivery": None, "up": False, "down": False}


def of_all(
    member: Membership, channels: list[Channel], zone: ZoneInfo, now: datetime
) -> list[Entry]:
    """Days with all posts, and the free slots of the week to come."""
    chosen = whole(Post.of(member).where(Post.state.in_(UPCOMING), Post.due_at.is_not(None)))
    posts = db.session.scalars(chosen.order_by(Post.due_at, Post.id).limit(MOST))
    entries = [row(post) | POST for post in posts]
    return _by_day(entries + _free(channels, zone, now, now + WEEK), zone)


def of_channel(member: Membership, channel: Channel, zone: ZoneInfo, now: datetime) -> list[Entry]:
    """Days with what goes out there, which of it can be moved up and down, and the free slots."""
    deliveries = db.session.scalars(_on(member, channel)).all()
    order = [one.id for one in queueing.queued(member, channel.id, now)]
    may = {one.id: one.post.may_be_moved_by(member) for one in deliveries}
    entries = [_entry(one, order, may) for one in deliveries]
    last = max((one["due_at"] for one in entries), default=now)
    return _by_day(entries + _free([channel], zone, now, max(now + FORTNIGHT, last)), zone)


def _on(member: Membership, channel: Channel) -> Select[Delivery]:
    chosen = Delivery.of(member).where(
        Delivery.channel_id == channel.id,
        Delivery.state.in_(SHOWN),
        Delivery.due_at.is_not(None),
    )
    joined = chosen.join(Delivery.post).options(contains_eager(Delivery.post))
    return joined.order_by(Delivery.due_at, Delivery.id).limit(MOST)


def _entry(one: Delivery, order: list[int], may: dict[int, bool]) -> Entry:
    own = {"due_at": one.due_at, "state": one.state, "state_word": WORDS[one.state]}
    here = order.index(one.id) if one.id in order else None
    around: dict[str, Any] = {"up": False, "down": False}
    if here is not None and may[one.id]:
        around["up"] = here > 0 and may.get(order[here - 1], False)
        around["down"] = here + 1 < len(order) and may.get(order[here + 1], False)
    return row(one.post) | POST | own | around | {"delivery": one.id}


def _free(channels: list[Channel], zone: ZoneInfo, now: datetime, until: datetime) -> list[Entry]:
    return [
        {"is_free": True, "due_at": at, "channels": found, "url": _new_url(at, found, zone)}
        for at, found in free_slots.ahead(channels, now, until).items()
    ]


def _new_url(at: datetime, channels: list[Channel], zone: ZoneInfo) -> str:
    picked = [("channel", str(one.id)) for one in channels]
    wall = on_the_wall(at, zone).isoformat()[:16]
    return "/posts/new?" + urlencode([("at", wall), *picked])


def _by_day(entries: list[Entry], zone: ZoneInfo) -> list[Entry]:
    def day(entry: Entry) -> date:
        local: datetime = entry["due_at"].astimezone(zone)
        return local.date()

    ordered = sorted(entries, key=lambda entry: entry["due_at"])
    return [
        {"title": f"{d:%A} {d.day} {d:%B}", "entries": list(found)}
        for d, found in groupby(ordered, key=day)
    ]


def before_and_after(rows: list[Delivery], order: list[int]) -> list[Entry]:
    """What a new order would do, in the order that it makes."""
    known = {one.id: one for one in rows}
    times = [one.due_at for one in rows]
    return [
        row(known[id].post) | {"then": at, "now": known[id].due_at}
        for id, at in zip(order, times, strict=True)
    ]
