"""Where the figures come from: what each network tells, what it doesn't, and how long we keep it."""

from collections.abc import Iterable
from datetime import timedelta

from app.analytics.wording import METRICS, listed
from app.channels.models import Channel
from app.networks import Network
from app.networks.figures import ENGAGING

LONGEST = timedelta(days=396)  # 13 months, where the network sets no shorter time


def tells(network: Network, by: str) -> bool:
    """Whether a figure of the overview can be had of a network."""
    if by == "posts":
        return True
    engages = any(name in network.tells for name in ENGAGING)
    is_seen = "impressions" in network.tells or "reach" in network.tells
    if by == "rate":
        return engages and is_seen
    return engages if by == "engagements" else by in network.tells


def untold_by(channels: Iterable[Channel], by: str) -> str:
    """`Not told by Telegram and Slack.`, or nothing when all of them tell it."""
    names = {one.network_name for one in channels if not tells(one.adapter, by)}
    return f"Not told by {listed(sorted(names))}." if names else ""


def told_words(network: Network) -> list[str]:
    return [word for name, word in METRICS.items() if name in network.tells]


def untold_words(network: Network) -> list[str]:
    return [word for name, word in METRICS.items() if name not in network.tells]


def kept(network: Network) -> timedelta:
    """How long single readings of it are kept; what they add up to stays."""
    return min(network.metrics_kept or LONGEST, LONGEST)
