"""The best time as a page shows it: what stands out, what else was tried, and how sure that is."""

from dataclasses import dataclass
from datetime import datetime

from app.account.models import Organization
from app.analytics import advising, sources
from app.analytics.best_time import FEWEST, Answer, Hour
from app.analytics.charts.heat import LONG
from app.analytics.sources import Source

SHOWN = 20  # hours that were tried


@dataclass(frozen=True)
class Tried:
    """An hour in words."""

    hour: Hour
    day: str
    time: str


@dataclass(frozen=True)
class BestHours:
    """`missing` posts until anything is said; `zone` is whose clock the hours are on; `source`: which
    networks told it, and when."""

    posts: int
    missing: int
    fewest: int
    zone: str
    best: list[Tried]
    others: list[Tried]
    source: Source


def look(organization: Organization, only: int | None, now: datetime) -> BestHours:
    """Of all channels together, or of one of the organisation's."""
    together, each = advising.judge_all(organization, now)
    found = together if only is None else each.get(only, Answer((), 0))
    best = found.best
    known = {one.number for one in best}
    others = [one for one in found.hours if one.posts and one.number not in known]
    others.sort(key=lambda one: (-one.lift, one.number))
    told = advising.fetched_by_channel(organization.id, now)
    return BestHours(
        found.posts,
        found.missing,
        FEWEST,
        organization.timezone,
        [tried(one) for one in best],
        [] if found.missing else [tried(one) for one in others[:SHOWN]],
        sources.of({one: at for one, at in told.items() if only in (None, one.id)}),
    )


def tried(one: Hour) -> Tried:
    return Tried(one, LONG[one.weekday], f"{one.o_clock:02}:00 to {one.o_clock:02}:59")
