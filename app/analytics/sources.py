"""Where the figures come from: what each network tells, and what it doesn't."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.analytics import fetched
from app.analytics.fetched import Fetched
from app.analytics.wording import METRICS, listed
from app.channels.models import Channel
from app.networks import Network
from app.networks.figures import ENGAGING


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


def audience_untold_by(channels: Iterable[Channel]) -> str:
    """`Not told by Telegram.` for networks that never tell it; `Not counted in these days: @blue.` for
    those that do."""
    found = list(channels)
    never = {one.network_name for one in found if not one.adapter.tells_audience}
    now = {one.handle for one in found if one.adapter.tells_audience}
    words = (
        f"Not told by {listed(sorted(never))}." if never else "",
        f"Not counted in these days: {listed(sorted(now))}." if now else "",
    )
    return " ".join(filter(None, words))


class Source(NamedTuple):
    """Which networks told something, and when."""

    networks: str
    fetched: Fetched | None


def of(told: Mapping[Channel, Fetched | None]) -> Source:
    """From when the posts of each channel were last told."""
    names = {channel.network_name for channel, span in told.items() if span}
    return Source(listed(sorted(names)), fetched.over(told.values()))


def told_words(network: Network) -> list[str]:
    return [word for name, word in METRICS.items() if name in network.tells]


def untold_words(network: Network) -> list[str]:
    return [word for name, word in METRICS.items() if name not in network.tells]
