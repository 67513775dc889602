"""How long readings are kept: as long as their network lets us, and never longer than the rule in
docs/policies/retention.toml, whose run ends the rest. Gains by the hour stay with the organisation."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select

from app.analytics.models import Measure, Reading
from app.channels.models import Channel
from app.db import db, table
from app.networks import Network
from app.networks.registry import NETWORKS

LONGEST = timedelta(days=396)  # 13 months; a test holds it against the rule
readings = table(Reading)


def kept_for(network: Network) -> timedelta:
    ceiling = network.metrics_kept
    return LONGEST if ceiling is None else min(ceiling, LONGEST)


def kept_until(reading_at: datetime, network: Network) -> datetime:
    return reading_at + kept_for(network)


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
