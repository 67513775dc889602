"""The hours of the week at which posts on a channel do best, as whoever counts them last wrote it
down. The method, and what its figures mean: docs/analytics-best-time.md."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership
from app.channels.models import Channel
from app.datamap import plain
from app.db import Model, db
from app.keyed import Keyed
from app.scheduler.calendar import LONG_WEEKDAYS
from app.scheduler.wall_time import on_the_wall, resolve

MOST = 3  # times that are suggested at once


class TimeAdvice(Model):
    """Of one channel. `hours` holds those that stand out, the best first: `hour` of the week from
    Monday 00:00 on in `zone`, `lift` over the channel's usual from `low` to `high`, over `posts`."""

    __tablename__ = "time_advice"

    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    zone: Mapped[str] = mapped_column(info=plain("whose wall"))
    posts: Mapped[int] = mapped_column(info=plain("that were compared"))
    missing: Mapped[int] = mapped_column(info=plain("posts until anything is said"))
    hours: Mapped[list[dict[str, Any]]] = mapped_column(
        Keyed("hour", "posts", "lift", "low", "high"),
        info=plain("hour of the week, posts, lift, low, high"),
    )
    made_at: Mapped[datetime] = mapped_column(info=plain())

    channel: Mapped[Channel] = relationship()

    @property
    def week_times(self) -> "list[WeekTime]":
        """The best ones, on the wall in `zone`."""
        found = [(*divmod(one["hour"], 24), one["lift"]) for one in self.hours[:MOST]]
        return [
            WeekTime(day, LONG_WEEKDAYS[day], f"{hour:02}:00", lift) for day, hour, lift in found
        ]


class WeekTime(NamedTuple):
    """An hour as weekly slots know it; `weekday` is 0 on Mondays."""

    weekday: int
    day: str
    time: str
    lift: float


@dataclass(frozen=True)
class Suggestion:
    """The next time of an hour that stands out; `wall` is on the person's own wall."""

    channel: Channel
    at: datetime
    wall: datetime
    posts: int
    lift: float
    low: float
    high: float

    @property
    def words(self) -> str:
        return f"{self.lift:.1f} times the usual ({self.low:.1f} to {self.high:.1f}), {self.posts} posts"


def of(member: Membership) -> dict[int, TimeAdvice]:
    """By channel, for those that anything was counted for."""
    ours = select(TimeAdvice).join(Channel).where(Channel.organization_id == member.organization_id)
    return {row.channel_id: row for row in db.session.scalars(ours)}


def put(
    channel_id: int,
    zone: str,
    posts: int,
    missing: int,
    hours: Iterable[Mapping[str, float]],
    now: datetime,
) -> None:
    """What is advised for the channel from now on, in place of what was."""
    row = db.session.get(TimeAdvice, channel_id) or TimeAdvice(channel_id=channel_id)
    row.zone, row.posts, row.missing, row.made_at = zone, posts, missing, now
    row.hours = [dict(one) for one in hours]
    db.session.add(row)


def suggest(
    member: Membership, picked: Collection[int], zone: ZoneInfo, now: datetime
) -> list[Suggestion]:
    """The next times that stand out on channels that are picked, the best first."""
    known = of(member)
    found = [
        suggestion
        for id in picked
        if (row := known.get(id)) is not None
        for suggestion in _next_times(row, zone, now)
    ]
    return sorted(found, key=lambda one: (-one.lift, one.at))[:MOST]


def _next_times(row: TimeAdvice, zone: ZoneInfo, now: datetime) -> list[Suggestion]:
    there, found = ZoneInfo(row.zone), []
    for one in row.hours:
        at = next_time(one["hour"], there, now)
        figures = (one["posts"], one["lift"], one["low"], one["high"])
        found.append(Suggestion(row.channel, at, on_the_wall(at, zone), *figures))
    return found


def next_time(hour: int, zone: ZoneInfo, now: datetime) -> datetime:
    """The next instant at which that hour of the week begins on the wall there, after now."""
    here = on_the_wall(now, zone)
    monday = here.replace(hour=0, minute=0) - timedelta(days=here.weekday())
    wall = monday + timedelta(hours=hour)
    at = resolve(wall, zone).instant
    return at if at > now else resolve(wall + timedelta(weeks=1), zone).instant
