"""A report to hand on: one month, the last 30 days or a week, of all channels or of one. Whoever reads
it sees what a viewer of the organisation sees, and nothing of its people."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.account.models import Membership, Organization
from app.analytics import best_hours, choosing, overview
from app.analytics.best_hours import BestHours
from app.analytics.choosing import Asked
from app.analytics.overview import Overview
from app.analytics.periods import lately
from app.channels.models import Channel

MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")
LASTING = 30  # days of a report that names no month
OFFERED = 12  # months to choose from


class Span(NamedTuple):
    """What a report is about, both days included."""

    title: str
    first: date
    last: date


@dataclass(frozen=True)
class Report:
    """`channels` by id; `best` tells of the hours of a year, on the same channels."""

    organization: Organization
    span: Span
    zone: ZoneInfo
    asked: Asked
    only: Channel | None
    channels: dict[int, Channel]
    overview: Overview
    best: BestHours


def span_of(month: str, today: date) -> Span | None:
    """`YYYY-MM` up to today, or the last 30 days for an empty one; None for what is no month, or is
    still to come."""
    if not month:
        period = lately(LASTING, today, ZoneInfo("UTC"))
        return Span(f"The last {LASTING} days", period.first, period.last)
    if not (found := MONTH.fullmatch(month)):
        return None
    first = date(int(found[1]), int(found[2]), 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Span(f"{first:%B %Y}", first, min(last, today)) if first <= today else None


def months(today: date) -> list[tuple[str, str]]:
    """The last months with their names, this one first."""
    first, found = today.replace(day=1), []
    for _ in range(OFFERED):
        found.append((f"{first:%Y-%m}", f"{first:%B %Y}"))
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def as_viewer(organization_id: int) -> Membership:
    """Who reads without an account looks as a viewer does; nobody's membership, and never stored."""
    return Membership(organization_id=organization_id, role="viewer")


def draw(
    organization: Organization,
    span: Span,
    channel_id: int | None,
    zone: ZoneInfo,
    now: datetime,
    against: str = "",
) -> Report | None:
    """None when the channel isn't the organisation's, or there is no such thing to compare with. Days are
    those of the zone."""
    reader = as_viewer(organization.id)
    first, last = span.first.isoformat(), span.last.isoformat()
    days = MultiDict({"from": first, "to": last, "against": against})
    channels = overview.channels_of(reader)
    only = next((one for one in channels if one.id == channel_id), None)
    asked = choosing.read(days, reader, zone, now)
    if asked is None or (channel_id is not None and only is None):
        return None
    seen = overview.look(reader, asked, channels, now, only.id if only else None)
    best = best_hours.look(organization, channel_id, now)
    by_id = {one.id: one for one in channels}
    return Report(organization, span, zone, asked, only, by_id, seen, best)
