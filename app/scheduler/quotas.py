"""How much may wait to go out: per channel, per channel and day, per organisation."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select

from app.account import allowances
from app.channels.models import Channel
from app.db import db
from app.scheduler.calendar import bounds
from app.scheduler.models import Delivery, Post
from app.scheduler.states import CANCELLED, DRAFT, FAILED, LIVE, PENDING, WAITING

AHEAD = 500  # waiting on one channel
PER_DAY = 50  # on one channel, in the person's day
ORGANIZATION = 5000  # posts waiting
TO_GO_OUT = (*WAITING, PENDING)  # what waits for a yes takes its place too
COUNTED_OUT = (CANCELLED, DRAFT, FAILED)
Day = tuple[datetime, datetime]  # the instants at which it begins and ends
Counts = dict[int, tuple[int, int]]  # by channel: how many wait, how many fall on a day


@dataclass
class Planned:
    """Many posts at once: what those before take, and what the database said while none of them was
    written."""

    posts: int = 0
    ahead: "Counter[int]" = field(default_factory=Counter)
    due: dict[int, list[datetime]] = field(default_factory=dict)
    waiting: int | None = None
    counts: dict[Day, Counts] = field(default_factory=dict)

    def add(self, channels: Iterable[Channel], due_at: datetime | None) -> None:
        """One post; `due_at` is None while nobody knows its slot."""
        self.posts += 1
        for channel in channels:
            self.ahead[channel.id] += 1
            self.due.setdefault(channel.id, []).extend([due_at] if due_at else [])

    def posts_with(self, ask: Callable[[], int]) -> int:
        self.waiting = ask() if self.waiting is None else self.waiting
        return self.waiting + self.posts

    def counted(self, within: Day, ask: Callable[[], Counts]) -> Counts:
        if within not in self.counts:
            self.counts[within] = ask()
        return self.counts[within]

    def besides(self, channel_id: int, within: Day, ahead: int, on_day: int) -> tuple[int, int]:
        """On a channel: how many wait, how many fall on that day, those before included."""
        begin, end = within
        due = sum(begin <= one < end for one in self.due.get(channel_id, ()))
        return ahead + self.ahead[channel_id], on_day + due


def refuse(
    organization_id: int,
    channels: Iterable[Channel],
    due_at: datetime,
    zone: ZoneInfo,
    *,
    besides: int | None = None,
    planned: Planned | None = None,
) -> list[str]:
    """What is full, in sentences; empty when there is room. `besides` is the post that moves."""
    planned = planned or Planned()
    if planned.waiting is None:
        allowances.stand_in_line(organization_id)
    there = planned.posts_with(lambda: waiting(organization_id, besides=besides))
    if there >= ORGANIZATION:
        return [f"{ORGANIZATION:,} posts wait in your organisation, the most that fit."]
    if words := allowances.refuse(organization_id, "scheduled_posts", there + 1):
        return [words]
    within = _day(due_at, zone)
    counts = planned.counted(within, lambda: _count(organization_id, within, besides))
    day = f"{due_at.astimezone(zone).day} {due_at.astimezone(zone):%B}"
    problems = []
    for channel in channels:
        ahead, on_day = planned.besides(channel.id, within, *counts.get(channel.id, (0, 0)))
        if ahead >= AHEAD:
            problems.append(f"{AHEAD} posts wait for {channel.handle} already, the most that fit.")
        elif on_day >= PER_DAY:
            problems.append(f"{channel.handle} has {PER_DAY} posts on {day}, the most for one day.")
    return problems


def _day(due_at: datetime, zone: ZoneInfo) -> Day:
    day = due_at.astimezone(zone).date()
    return bounds(day, day + timedelta(days=1), zone)


def waiting(organization_id: int, *, besides: int | None = None) -> int:
    """How many posts of an organisation wait to go out."""
    rows = select(func.count()).select_from(Post).where(
        Post.organization_id == organization_id,
        Post.state.in_((*LIVE, PENDING)),
        Post.id != (besides or 0),
    )  # fmt: skip
    return db.session.scalar(rows) or 0


def _count(organization_id: int, within: Day, besides: int | None) -> Counts:
    begin, end = within
    is_that_day = (Delivery.due_at >= begin) & (Delivery.due_at < end)
    rows = db.session.execute(
        select(
            Delivery.channel_id,
            func.sum(case((Delivery.state.in_(TO_GO_OUT), 1), else_=0)),
            func.sum(case((is_that_day, 1), else_=0)),
        )
        .where(
            Delivery.organization_id == organization_id,
            Delivery.state.not_in(COUNTED_OUT),
            Delivery.post_id != (besides or 0),
            is_that_day | Delivery.state.in_(TO_GO_OUT),
        )
        .group_by(Delivery.channel_id)
    )
    return {channel_id: (int(ahead), int(on_day)) for channel_id, ahead, on_day in rows}
