"""How long readings are kept: as long as their network lets us, and never longer than the rule in
docs/policies/retention.toml, whose run ends the rest. Gains by the hour stay with the organisation."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select

from app.analytics.models import Measure, Reading
from app.analytics.wording import listed
from app.channels.models import Channel
from app.db import db, table
from app.networks import Network
from app.networks.registry import NETWORKS

STAY = (
    "totals stay as long as their post, what came in by the hour and counts of followers as long as the"
    " organisation."
)
LONGEST = timedelta(days=396)  # 13 months; a test holds it against the rule
readings = table(Reading)


def kept_for(network: Network) -> timedelta:
    ceiling = network.metrics_kept
    return LONGEST if ceiling is None else min(ceiling, LONGEST)


def kept_until(reading_at: datetime, network: Network) -> datetime:
    return reading_at + kept_for(network)


def kept_words(channels: Iterable[Channel]) -> str:
    """How long what their networks told is kept, as a sentence; empty where none tells anything."""
    by_days: dict[int, set[str]] = {}
    for one in channels:
        if one.adapter.tells:
            by_days.setdefault(kept_for(one.adapter).days, set()).add(one.network_name)
    if not by_days:
        return ""
    longest = max(by_days)
    shorter = [
        f"{days} days of {listed(sorted(by_days[days]))}"
        for days in sorted(by_days, reverse=True)
        if days != longest
    ]
    kept = listed([f"{longest} days", *shorter])
    return f"Single readings are kept for {kept}; {STAY}"


def end_by_network(now: datetime) -> int:
    """Delete readings that are older than their network allows; how many."""
    ended = 0
    for slug, network in NETWORKS.items():
        if kept_for(network) < LONGEST:
            ended += _end(slug, now - kept_for(network))
    return ended


def _end(slug: str, before: datetime) -> int:
    theirs = select(Measure.delivery_id).join(Channel, Channel.id == Measure.channel_id)
    ended: CursorResult[tuple[()]] = db.session.execute(  # type: ignore[assignment]
        delete(readings).where(
            readings.c.at <= before,
            readings.c.delivery_id.in_(theirs.where(Channel.network == slug)),
        )
    )
    return ended.rowcount
