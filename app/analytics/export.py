"""Posts with their figures as CSV: a line for each post on each channel. What a network does not tell
is an empty cell, never 0."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, select, tuple_

from app.account.models import Membership
from app.analytics.models import Measure
from app.analytics.periods import Period
from app.analytics.posts_table import Wanted, fitting
from app.analytics.ranking import COLUMNS
from app.channels.models import Channel
from app.db import db, read_only
from app.networks.figures import METRICS, Figures
from app.privacy.streaming import csv_line
from app.scheduler.models import Delivery, Post
from app.scope import within_organization

CHUNK = 500  # rows that are read at once
HEAD = (
    *("published", "network", "channel", "post", "address"),
    *METRICS,
    *("engagements", "engagement_rate", "fetched", "gone_since"),
)


def lines(
    member: Membership, period: Period, wanted: Wanted, channels: Mapping[int, Channel]
) -> Iterator[bytes]:
    """What fits, all pages of it, the oldest post first."""
    names = {id: (one.network_name, one.handle) for id, one in channels.items()}
    return _chunks(_posts(member, period, wanted), member.organization_id, names, period.zone)


def _chunks(
    rows: Select[Any], organization_id: int, names: Mapping[int, tuple[str, str]], zone: ZoneInfo
) -> Iterator[bytes]:
    """The request may be over while this is read, so each chunk says whose it is, and no transaction
    stays open between two."""
    yield csv_line(HEAD)
    after: tuple[datetime, int] | None = None
    while True:
        with read_only(), within_organization(organization_id):
            db.session.rollback()
            found = db.session.execute(_beyond(rows, after)).all()
            db.session.rollback()
        if not found:
            return
        after = (found[-1].published_at, found[-1].delivery_id)
        yield b"".join(csv_line(_cells(row, names, zone)) for row in found)


def _posts(member: Membership, period: Period, wanted: Wanted) -> Select[Any]:
    return (
        select(*COLUMNS, Delivery.external_url, Post.text)
        .join(Delivery, Delivery.id == Measure.delivery_id)
        .join(Post, Post.id == Delivery.post_id)
        .where(*fitting(member, period, wanted))
        .order_by(Measure.published_at, Measure.delivery_id)
        .limit(CHUNK)
    )


def _beyond(rows: Select[Any], after: tuple[datetime, int] | None) -> Select[Any]:
    if after is None:
        return rows
    return rows.where(tuple_(Measure.published_at, Measure.delivery_id) > after)


def _cells(row: Row[Any], names: Mapping[int, tuple[str, str]], zone: ZoneInfo) -> list[Any]:
    figures = Figures(*(getattr(row, name) for name in METRICS))
    rate = None if figures.rate is None else round(figures.rate, 6)
    return [
        _local(row.published_at, zone),
        *names.get(row.channel_id, ("", "")),
        row.text,
        row.external_url,
        *figures.values,
        figures.engagements,
        rate,
        _local(row.fetched_at, zone),
        _local(row.gone_at, zone),
    ]


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    """RFC 3339, to the second, as the clock shows it there."""
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else ""
