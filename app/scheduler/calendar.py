"""The month as weeks of days with their posts; one query, plain rows."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, func, select

from app.account.models import Membership
from app.db import db
from app.scheduler.models import Post
from app.scheduler.states import CANCELLED, WORDS

CHIPS = 4
YEARS = range(2000, 2101)  # that are looked at
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass
class Chip:
    url: str
    time: str
    words: str
    state: str
    state_word: str


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

    def add(self, row: Row[Any], zone: ZoneInfo) -> None:
        """The first few as chips, the others as a number."""
        if len(self.chips) < CHIPS:
            self.chips.append(_chip(row, row.due_at.astimezone(zone)))
        else:
            self.more += 1


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
    return first if first.year in YEARS else None


POSTS = (
    select(Post.id, func.substr(Post.text, 1, 80).label("words"), Post.state, Post.due_at)
    .where(
        Post.organization_id == bindparam("organization_id"),
        Post.due_at >= bindparam("begin"),
        Post.due_at < bindparam("end"),
        Post.state != CANCELLED,
    )
    .order_by(Post.due_at, Post.id)
)


def lay_out(member: Membership, first: date, zone: ZoneInfo, now: datetime) -> Month:
    """The weeks, Monday first, that hold the month."""
    today = now.astimezone(zone).date()
    start = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=32)).replace(day=1)
    weeks = (after - start + timedelta(days=6)).days // 7
    days = [_day(start + timedelta(days=n), first, today) for n in range(weeks * 7)]
    _fill(days, member, start, zone)
    return Month(
        title=f"{first:%B %Y}",
        previous=f"{first - timedelta(days=1):%Y-%m}",
        next=f"{after:%Y-%m}",
        is_current=(today.year, today.month) == (first.year, first.month),
        weeks=[days[n : n + 7] for n in range(0, len(days), 7)],
        total=sum(day.count for day in days if day.in_month),
    )


def _fill(days: list[Day], member: Membership, start: date, zone: ZoneInfo) -> None:
    """Rows come in the order of time, so each day is filled until the midnight that ends it."""
    midnights = [bounds(start, start + timedelta(days=n), zone)[1] for n in range(len(days) + 1)]
    within = {
        "organization_id": member.organization_id,
        "begin": midnights[0],
        "end": midnights[-1],
    }
    place = 0
    for row in db.session.execute(POSTS, within):
        while row.due_at >= midnights[place + 1]:
            place += 1
        days[place].add(row, zone)


def _day(this: date, first: date, today: date) -> Day:
    return Day(
        date=this.isoformat(),
        number=this.day,
        in_month=this.month == first.month,
        is_today=this == today,
        is_past=this < today,
        url=f"/calendar/{this.isoformat()}",
        new_url=f"/posts/new?on={this.isoformat()}",
        month_name=f"{this:%B}",
    )


def bounds(first: date, after: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which local days begin and end."""
    begin, end = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (first, after))
    return begin, end


def _chip(row: Row[Any], local: datetime) -> Chip:
    return Chip(
        url=f"/posts/{row.id}",
        time=f"{local:%H:%M}",
        words=row.words or "Picture",
        state=row.state,
        state_word=WORDS[row.state],
    )
