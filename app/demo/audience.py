"""Who follows the demo organisation, and what they do with its posts.

Everything follows from the text and the hour, so that the same day gives the same figures."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import exp
from random import Random
from typing import NamedTuple

from app.demo.people import ZONE
from app.demo.texts import fortune
from app.networks import Network
from app.networks.figures import ENGAGING, Figures

BEGAN = timedelta(days=200)
YOUNG = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 36, 48, 60, 72, 96, 120, 144, 168)
AGES = (*YOUNG, *range(216, 720, 48), *range(720, 2160, 168), 2160)  # hours


class Crowd(NamedTuple):
    """Who follows a channel: how many there were, how many come each day, and of a hundred who see a
    post how many do each thing."""

    network: str
    handle: str
    began: int
    daily: float
    seen: float  # of the followers, for a usual post
    likes: float
    replies: float
    reposts: float
    clicks: float
    saves: float

    def at(self, when: datetime, now: datetime) -> int:
        """How many follow at that time."""
        days = (when - (now - BEGAN)).total_seconds() / 86_400
        return round(self.began + self.daily * max(days, 0))


CROWDS = (
    Crowd("bluesky", "blueorchard.example", 1040, 4.1, 0.42, 4.2, 0.7, 0.9, 0, 0.3),
    Crowd("mastodon", "@blueorchard@social.example", 540, 1.3, 0.55, 5.1, 0.9, 1.6, 0, 0.4),
    Crowd("facebook", "Blue Orchard Coffee", 3860, 2.2, 0.11, 2.4, 0.4, 0.3, 1.1, 0),
    Crowd("telegram", "@blueorchard", 420, 0.6, 0.8, 0, 0, 0, 0, 0),
    Crowd("sandbox", "the wall", 310, 0.4, 0.6, 7.5, 0, 0, 0, 0),
)


def told(
    crowd: Crowd, network: Network, text: str, published_at: datetime, now: datetime
) -> Iterator[tuple[datetime, Figures]]:
    """What the network told of a text at each look."""
    chance = Random(f"{crowd.network} {text}")  # noqa: S311  # a picture of chance, no secret
    luck = chance.lognormvariate(0, 0.3) * fortune(text) ** 0.7 * _at(published_at)
    seen = crowd.at(published_at, now) * crowd.seen * luck
    for hours in AGES:
        at = published_at + timedelta(hours=hours, minutes=chance.randrange(2, 20))
        if at > now:
            return
        yield at, _figures(crowd, network, seen * _reached(hours), luck)


def _at(published_at: datetime) -> float:
    """They look at their phones on the way home, and not before eight or on Sundays."""
    local = published_at.astimezone(ZONE)
    by_hour = 1.9 if local.hour == 17 else 1.3 if local.hour in (12, 18) else 0.75
    return by_hour * (0.75 if local.weekday() >= 5 else 1)


def _reached(hours: float) -> float:
    """The share of all who will ever see it: half within a day, the last after weeks."""
    return 1 - exp(-((hours / 26) ** 0.55))


def _figures(crowd: Crowd, network: Network, seen: float, luck: float) -> Figures:
    """What the network tells; the rest is not told. A post that is loved is also answered more."""
    warmth = luck**0.4
    shares = {name: getattr(crowd, name) * warmth / 100 for name in ENGAGING}
    done = {"impressions": 1.25, "reach": 1, "follows": 0.002, **shares}
    told = network.tells & done.keys()
    return Figures(**{name: round(seen * done[name]) for name in told})
