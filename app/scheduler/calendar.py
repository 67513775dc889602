"""The month as weeks of days with their posts; one query, plain rows."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select

from app.account.models import Membership
from app.channels.models import Channel
from app.db import db
from app.scheduler.models import Delivery, Post
from app.scheduler.states import WORDS

CHIPS = 4
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass
class Chip:
    url: str
    time: str
    words: str
    state: str
    state_word: str
    networks: list[str]


@dataclass
class Day:
    date: str
    number: int
    in_month: bool
    is_today: bool
    is_past: bool
    url: str
    new_url: str
    chips: list[Chip] = field(default_factory=list)
    more: int = 0
    month_name: str = ""

    @property
    def count(self) -> int:
        return len(self.chips) + self.more


@dataclass
class Month:
    title: str
    previous: str
    next: str
    is_current: bool
    weeks: list[list[Day]]
    total: int


def parse_month(text: str | None, today: date) -> date | None:
    """The first day of 'YYYY-MM' (default: this month); None when it isn't one."""
    if not text:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return first if 2000 <= first.year <= 2100 else None


def lay_out(member: Membership, first: date, zone: ZoneInfo, now: datetime) -> Month:
    """The weeks, Monday first, that hold the month."""
    today = now.astimezone(zone).date()
    start = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=32)).replace(day=1)
    weeks = (after - start + timedelta(days=6)).days // 7
    posts = _by_day(member, start, start + timedelta(weeks=weeks), zone)
    days = [_day(start + timedelta(days=n), first, today, posts) for n in range(weeks * 7)]
    return Month(
        title=f"{first:%B %Y}",
        previous=f"{first - timedelta(days=1):%Y-%m}",
        next=f"{after:%Y-%m}",
        is_current=(today.year, today.month) == (first.year, first.month),
        weeks=[days[n : n + 7] for n in range(0, len(days), 7)],
        total=sum(day.count for day in days if day.in_month),
    )


def _day(this: date, first: date, today: date, posts: dict[date, list[Chip]]) -> Day:
    chips = posts.get(this, [])
    return Day(
        date=this.isoformat(),
        number=this.day,
        in_month=this.month == first.month,
        is_today=this == today,
        is_past=this < today,
        url=f"/calendar/{this.isoformat()}",
        new_url=f"/posts/new?on={this.isoformat()}",
        chips=chips[:CHIPS],
        more=max(0, len(chips) - CHIPS),
        month_name=f"{this:%B}",
    )


def bounds(first: date, after: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which local days begin and end."""
    begin, end = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (first, after))
    return begin, end


def _by_day(member: Membership, first: date, after: date, zone: ZoneInfo) -> dict[date, list[Chip]]:
    begin, end = bounds(first, after, zone)
    found: dict[date, list[Chip]] = defaultdict(list)
    for row in db.session.execute(_rows(member, begin, end)):
        local = row.due_at.astimezone(zone)
        found[local.date()].append(_chip(row, local))
    return found


def _rows(member: Membership, begin: datetime, end: datetime) -> Any:
    aggregate = func.string_agg if db.engine.dialect.name == "postgresql" else func.group_concat
    networks = (
        select(aggregate(Channel.network, ","))
        .join(Delivery, Delivery.channel_id == Channel.id)
        .where(Delivery.post_id == Post.id)
        .scalar_subquery()
    )
    return (
        select(
            Post.id,
            func.substr(Post.text, 1, 80).label("words"),
            Post.state,
            Post.due_at,
            networks.label("networks"),
        )
        .where(
            Post.organization_id == member.organization_id,
            Post.due_at >= begin,
            Post.due_at < end,
            Post.state != "cancelled",
        )
        .order_by(Post.due_at, Post.id)
    )


def _chip(row: Row[Any], local: datetime) -> Chip:
    return Chip(
        url=f"/posts/{row.id}",
        time=f"{local:%H:%M}",
        words=row.words or "Picture",
        state=row.state,
        state_word=WORDS[row.state],
        networks=sorted(set((row.networks or "").split(",")) - {""}),
    )
