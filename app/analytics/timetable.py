"""When a network is asked again how a post does: often while it is young, seldom later, and more seldom
the longer nothing has changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.networks import Network


class Rung(NamedTuple):
    """Up to this age of the post, as often as this."""

    age: timedelta
    every: timedelta


FREE = (
    Rung(timedelta(days=1), timedelta(hours=1)),
    Rung(timedelta(days=7), timedelta(hours=6)),
    Rung(timedelta(days=30), timedelta(days=1)),
    Rung(timedelta(days=90), timedelta(days=7)),
)
# Where the operator pays for each look (docs.x.com/x-api/getting-started/pricing): 12 looks, not 80.
METERED = (
    Rung(timedelta(days=1), timedelta(hours=8)),
    Rung(timedelta(days=7), timedelta(days=1)),
    Rung(timedelta(days=30), timedelta(days=7)),
)
LONGEST = timedelta(days=7)  # between two looks, however little changes


def of(network: Network) -> Sequence[Rung]:
    """The timetable of a network; none for one that tells nothing."""
    if not network.tells:
        return ()
    return METERED if network.is_metered else FREE


def next_look(
    rungs: Sequence[Rung], published_at: datetime, now: datetime, unchanged: int = 0
) -> datetime | None:
    """After a look now, the last `unchanged` of which told nothing new; None when it was the last
    one. The last look of all is at the very end of the timetable."""
    age = now - published_at
    for rung in rungs:
        if age < rung.age:
            wait = min(rung.every * 2 ** min(unchanged, 16), max(rung.every, LONGEST))
            return min(now + wait, published_at + rungs[-1].age)
    return None


def first_look(rungs: Sequence[Rung], published_at: datetime, now: datetime) -> datetime | None:
    """Of a post that nobody asked about yet."""
    if not rungs or now - published_at >= rungs[-1].age:
        return None
    return max(now, published_at + rungs[0].every)
