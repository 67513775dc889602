"""From what networks told of an organisation's posts to the times that its composer suggests."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from app.account import allowances
from app.account.models import Organization
from app.analytics import best_time, fetched
from app.analytics.best_time import Answer, Hour, Sample
from app.analytics.fetched import Fetched
from app.analytics.models import Measure
from app.analytics.sums import engagements
from app.channels.models import Channel
from app.db import db
from app.networks.figures import METRICS, Figures
from app.scheduler import advice
from app.scheduler.models import Delivery

GROWN = timedelta(days=3)  # a younger post has not got most of what it will get
LOOKS_BACK = 365  # days
KEPT = 12  # hours of a channel that are written down
COUNTS = [getattr(Measure, name) for name in METRICS]


def samples(organization_id: int, now: datetime) -> Iterator[Sample]:
    """The posts of a year, or of the plan's history, that are old enough to compare; one on three
    channels comes three times."""
    rows = (
        select(Delivery.post_id, Measure.channel_id, Measure.published_at, *COUNTS)
        .join(Delivery, Delivery.id == Measure.delivery_id)
        .where(*_grown(organization_id, now))
    )
    for post_id, channel_id, published_at, *counts in db.session.execute(rows):
        figures = Figures(*counts)
        if figures.engagements is not None:
            yield Sample(post_id, channel_id, published_at, figures.engagements, figures.seen)


def _grown(organization_id: int, now: datetime) -> list[ColumnElement[bool]]:
    days = allowances.of(organization_id).history_days
    return [
        Measure.organization_id == organization_id,
        Measure.published_at >= now - timedelta(days=min(days or LOOKS_BACK, LOOKS_BACK)),
        Measure.published_at < now - GROWN,
        Measure.gone_at.is_(None),
    ]


def fetched_by_channel(organization_id: int, now: datetime) -> dict[Channel, Fetched | None]:
    """When the posts behind the samples were last told, by the channels that tell of engagements."""
    rows = db.session.execute(
        select(Channel, *fetched.columns())
        .join(Measure, Measure.channel_id == Channel.id)
        .where(*_grown(organization_id, now), engagements(Measure).is_not(None))
        .group_by(Channel.id)
    )
    return {row.Channel: fetched.read(row) for row in rows}


def judge_all(organization: Organization, now: datetime) -> tuple[Answer, dict[int, Answer]]:
    """Of all channels together, and of each by itself; hours as the organisation's clock shows them."""
    by_channel: dict[int, list[Sample]] = defaultdict(list)
    for one in samples(organization.id, now):
        by_channel[one.channel_id].append(one)
    zone = ZoneInfo(organization.timezone)
    together = best_time.judge((one for found in by_channel.values() for one in found), zone)
    return together, {id: best_time.judge(found, zone) for id, found in by_channel.items()}


def advise(organization: Organization, now: datetime) -> None:
    """Write down what stands out on each channel, in place of what was written there before."""
    _, found = judge_all(organization, now)
    for channel_id, answer in found.items():
        hours = [_written(one) for one in answer.best[:KEPT]]
        zone = organization.timezone
        advice.put(channel_id, zone, answer.posts, answer.missing, hours, now)


def _written(one: Hour) -> dict[str, float]:
    figures = {name: round(getattr(one, name), 3) for name in ("lift", "low", "high")}
    return {"hour": one.number, "posts": one.posts} | figures
