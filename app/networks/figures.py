"""What a network tells of how a post does, in words that all networks share."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Self

METRICS = (
    "impressions",
    "reach",
    "likes",
    "replies",
    "reposts",
    "clicks",
    "saves",
    "follows",
    "video_views",
)
_values = attrgetter(*METRICS)
ENGAGING = ("likes", "replies", "reposts", "clicks", "saves")


@dataclass(frozen=True)
class Figures:
    """How often, since the post is up. None: the network does not tell it, which is never 0.

    `impressions`: times shown. `reach`: accounts it was shown to. `likes`: reactions of any kind.
    `replies`: comments of others. `reposts`: shares, quotes among them. `clicks`: on a link of it.
    `saves`: bookmarks. `follows`: accounts that followed because of it. `video_views`: times played.
    """

    impressions: int | None = None
    reach: int | None = None
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    clicks: int | None = None
    saves: int | None = None
    follows: int | None = None
    video_views: int | None = None

    @property
    def told(self) -> frozenset[str]:
        """The metrics that were told."""
        return frozenset(name for name in METRICS if getattr(self, name) is not None)

    @property
    def engagements(self) -> int | None:
        """Likes, replies, reposts, clicks and saves, of those told; None when none of them is."""
        found = [value for name in ENGAGING if (value := getattr(self, name)) is not None]
        return sum(found) if found else None

    @property
    def seen(self) -> int | None:
        """What a rate is taken of: impressions, or reach where those are not told."""
        return self.reach if self.impressions is None else self.impressions

    @property
    def rate(self) -> float | None:
        """Engagements of one time that it was seen; None when not told, or never seen."""
        told = self.engagements
        return told / self.seen if told is not None and self.seen else None

    def after(self, before: "Figures") -> Self:
        """These, and what was told before where it is not told now."""
        return type(self)(
            *(
                old if new is None else new
                for new, old in zip(self.values, before.values, strict=True)
            )
        )

    @property
    def values(self) -> tuple[int | None, ...]:
        """In the order of METRICS."""
        found: tuple[int | None, ...] = _values(self)
        return found


assert tuple(one.name for one in fields(Figures)) == METRICS


def added(*told: int | None) -> int | None:
    """The sum of what is told of several kinds of one thing, such as reposts and quotes."""
    found = [one for one in told if one is not None]
    return sum(found) if found else None


def whole(said: object) -> int | None:
    """A count as a network wrote it; None for what is no count."""
    if isinstance(said, bool):
        return None
    if isinstance(said, str) and said.isascii() and said.isdecimal():
        said = int(said)
    return said if isinstance(said, int) and 0 <= said < 2**63 else None


def of_each(counts: Iterable[object]) -> int | None:
    """The sum of several counts, such as one per kind of reaction; None when one is no count."""
    found = [whole(one) for one in counts]
    known = [one for one in found if one is not None]
    return sum(known) if len(known) == len(found) else None
