"""What a post will look like on each channel, counted and linked as the network does it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.channels.models import Channel
from app.media.models import Asset
from app.networks import Segment
from app.scheduler.media import media_problems, shown


@dataclass
class Preview:
    """One channel's view of a text and its pictures and videos, each as `media.shown` has it."""

    network: str
    network_name: str
    handle: str
    name: str
    used: int
    limit: int
    segments: list[Segment]
    pictures: list[dict[str, str]]
    problems: list[str] = field(default_factory=list)
    card: dict[str, str] | None = None

    @property
    def left(self) -> int:
        return self.limit - self.used

    @property
    def is_over(self) -> bool:
        return self.left < 0


def previews(
    text: str, channels: Iterable[Channel], held: Sequence[tuple[Asset, str]]
) -> list[Preview]:
    """`held`: pictures and videos with their alt texts."""
    return [_preview(text, channel, held) for channel in channels]


def _preview(text: str, channel: Channel, held: Sequence[tuple[Asset, str]]) -> Preview:
    network = channel.adapter
    count = network.count(text)
    problems = [count.problem] if count.problem else []
    problems += media_problems(network.name, channel.limits(), [asset for asset, _ in held])
    segments = network.segments(text)
    return Preview(
        network=network.slug,
        network_name=network.name,
        handle=channel.handle,
        name=channel.name,
        used=count.used,
        limit=count.limit,
        segments=segments,
        pictures=[shown(asset, alt) for asset, alt in held],
        problems=problems,
        card=None if held else _card(segments),
    )


def _card(segments: list[Segment]) -> dict[str, str] | None:
    """The card is fetched when the post is prepared; here its place and host are shown."""
    link = next((segment for segment in segments if segment.kind == "link"), None)
    if link is None:
        return None
    host = link.target.split("//", 1)[-1].split("/", 1)[0]
    return {"title": link.text, "description": "", "host": host}


def choices(channels: Iterable[Channel], picked: set[int]) -> list[dict[str, Any]]:
    """The channels as check boxes."""
    return [
        {
            "id": channel.id,
            "network": channel.network,
            "network_name": channel.network_name,
            "handle": channel.handle,
            "name": channel.name,
            "checked": channel.id in picked,
            "usable": channel.is_usable,
            "problem": channel.problem,
        }
        for channel in channels
    ]
