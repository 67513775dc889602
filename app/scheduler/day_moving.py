"""A whole day moves: each of its posts keeps its time on the wall."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.account.models import Membership
from app.db import db
from app.scheduler import composing, quotas
from app.scheduler.calendar import bounds
from app.scheduler.models import Post
from app.scheduler.states import LIVE, PENDING
from app.scheduler.wall_time import on_the_wall, resolve

MOST = 100  # posts that move at once


@dataclass(frozen=True)
class Stayed:
    """A post that did not move, and why."""

    post: Post
    reason: str


def move_day(
    member: Membership, day: date, to: date, zone: ZoneInfo, now: datetime
) -> tuple[list[Post], list[Stayed]]:
    """Those that moved and those that stayed. What this person may not move is neither."""
    moved, stayed = [], []
    for post in movable(member, day, zone):
        wall = on_the_wall(post.due_at or now, zone).replace(
            year=to.year, month=to.month, day=to.day
        )
        instant = resolve(wall, zone).instant
        if reason := _refusal(post, instant, zone, now):
            stayed.append(Stayed(post, reason))
            continue
        try:
            with db.session.begin_nested():
                composing.move(
                    post, member, instant, wall.strftime("%Y-%m-%dT%H:%M"), zone.key, now
                )
        except composing.Leaving as trouble:
            stayed.append(Stayed(post, str(trouble)))
        else:
            moved.append(post)
    return moved, stayed


def movable(member: Membership, day: date, zone: ZoneInfo) -> Iterator[Post]:
    """What waits on that day and is this person's to move, soonest first."""
    begin, end = bounds(day, day + timedelta(days=1), zone)
    chosen = Post.of(member).where(
        Post.due_at >= begin, Post.due_at < end, Post.state.in_((*LIVE, PENDING))
    )
    rows = db.session.scalars(chosen.order_by(Post.due_at, Post.id).limit(MOST)).all()
    return (post for post in rows if post.may_be_moved_by(member))


def _refusal(post: Post, instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    if instant <= now:
        return "That time has passed."
    channels = [one.channel for one in post.deliveries]
    full = quotas.refuse(post.organization_id, channels, instant, zone, besides=post.id)
    return " ".join(full)
