"""One post on one channel: what it has now, and how it got there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import case, func, select

from app.account.models import Membership
from app.analytics import retention, wording
from app.analytics.charts.lines import Lines, Point
from app.analytics.models import Measure, Reading
from app.analytics.sums import engagements
from app.channels.models import Channel
from app.db import db
from app.networks.figures import METRICS, Figures
from app.scheduler.models import Delivery, Post

AMONG = timedelta(days=90)
WORDS = {"engagements": "Engagements", **wording.METRICS}
STEPS = (1, 2, 6, 12, 24, 48, 168, 336, 720, 2160)  # hours between two marks below a curve


class Known(NamedTuple):
    measure: Measure
    delivery: Delivery
    post: Post
    channel: Channel


class Look(NamedTuple):
    """What was told at one time; `is_reading` where that is a row which ends by itself."""

    at: datetime
    figures: Figures
    is_reading: bool = True


class Kept(NamedTuple):
    """The single readings that are there: from the oldest to the newest, and until when each of these
    two is kept."""

    oldest: datetime
    newest: datetime
    oldest_until: datetime
    newest_until: datetime


class Place(NamedTuple):
    """Which it is among the posts of its channel of these ninety days, by engagements."""

    place: int
    among: int


@dataclass(frozen=True)
class Curve:
    title: str
    svg: Markup


def find(member: Membership, delivery_id: int) -> Known | None:
    """A post that is out; one that nobody took up yet has no figures."""
    row = db.session.execute(
        select(Delivery, Post, Channel, Measure)
        .join(Post, Post.id == Delivery.post_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .outerjoin(Measure, Measure.delivery_id == Delivery.id)
        .where(
            Delivery.organization_id == member.organization_id,
            Delivery.id == delivery_id,
            Delivery.published_at.is_not(None),
        )
    ).one_or_none()
    if row is None:
        return None
    delivery, post, channel, measure = row
    return Known(measure or _unasked(delivery), delivery, post, channel)


def _unasked(delivery: Delivery) -> Measure:
    """Of no row, and never one of the session's."""
    return Measure(
        delivery_id=delivery.id,
        organization_id=delivery.organization_id,
        channel_id=delivery.channel_id,
        published_at=delivery.published_at,
        trouble="",
    )


def looks(measure: Measure) -> list[Look]:
    """While they are kept; the last of all is always known. A look that told nothing new is none of
    its own, so that the line goes on to the last one."""
    rows = db.session.scalars(
        select(Reading)
        .join(Measure, Measure.delivery_id == Reading.delivery_id)
        .where(
            Reading.delivery_id == measure.delivery_id,
            Measure.organization_id == measure.organization_id,
        )
        .order_by(Reading.at)
    )
    found = [Look(row.at, row.figures) for row in rows]
    if measure.fetched_at and (not found or found[-1].at < measure.fetched_at):
        found.append(Look(measure.fetched_at, measure.figures, is_reading=False))
    return found


def place(member: Membership, measure: Measure) -> Place | None:
    """None while its engagements are not told, or nothing is there to compare with."""
    own, value = measure.figures.engagements, engagements(Measure)
    if own is None:
        return None
    better, among = db.session.execute(
        select(func.sum(case((value > own, 1), else_=0)), func.count(value)).where(
            Measure.organization_id == member.organization_id,
            Measure.channel_id == measure.channel_id,
            Measure.published_at > measure.published_at - AMONG,
            Measure.published_at <= measure.published_at + AMONG,
        )
    ).one()
    return Place(int(better) + 1, among) if among > 1 else None


def told(figures: Figures) -> list[str]:
    """What a curve can be drawn of."""
    first = ["engagements"] if figures.engagements is not None else []
    return first + [name for name in METRICS if name in figures.told]


def value_of(figures: Figures, by: str) -> int | None:
    return figures.engagements if by == "engagements" else getattr(figures, by)


def draw(measure: Measure, found: Sequence[Look], by: str, zone: ZoneInfo) -> Curve:
    """From its publication to the last look."""
    begin, end = measure.published_at, max(one.at for one in found)
    span = max((end - begin).total_seconds(), 1)
    points = [
        Point(
            max(0.0, (one.at - begin).total_seconds() / span),
            f"{_when(one.at, zone)}: {wording.count(value_of(one.figures, by))}",
            value_of(one.figures, by),
        )
        for one in found
    ]
    title = f"{WORDS[by]} since it went out"
    name = f"{title}, {_when(begin, zone)} to {_when(end, zone)}"
    return Curve(title, Lines(name, points, _ticks(end - begin), wording.short).draw())


def kept(channel: Channel, found: Sequence[Look]) -> Kept | None:
    """None when no single reading is there any more."""
    rows = [one.at for one in found if one.is_reading]
    if not rows:
        return None
    ends = (retention.kept_until(at, channel.adapter) for at in (rows[0], rows[-1]))
    return Kept(rows[0], rows[-1], *ends)


def _when(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %H:%M}"


def _ticks(age: timedelta) -> list[tuple[float, str]]:
    """Ages in round hours or days, four at most beside the beginning."""
    hours = max(age.total_seconds() / 3600, 1)
    step = next((one for one in STEPS if hours / one < 5), STEPS[-1])
    later = [(n * step / hours, _age(n * step)) for n in range(1, int(hours // step) + 1)]
    return [(0.0, "Went out"), *later]


def _age(hours: int) -> str:
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} days"
