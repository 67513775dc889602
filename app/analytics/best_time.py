"""When posts do best, from an organisation's own: the hour of the week, shrunk to the mean.

Empirical Bayes over hours (Morris 1983, after Efron and Morris 1975): posts say how much of a
difference is chance, hours say how much is not, and each hour is believed by that share. Both spreads
are found by moments (DerSimonian and Laird 1986). The long form: docs/analytics-best-time.md."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, fsum, log, sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOURS = 168  # from Monday 00:00 on
FEWEST = 20  # posts before anything is said
FEWEST_AT_ONCE = 3  # posts in an hour before it is advised
SIGMAS = 1.6449  # both sides of 90 %
FEWEST_HOURS = 4  # different ones; with fewer the spread between them can't be judged
HALF = 0.5  # added to each count, so that none has a logarithm too


@dataclass(frozen=True)
class Sample:
    """A post on one channel; `seen` are impressions, else reach, None when not told."""

    post_id: int
    channel_id: int
    at: datetime
    engagements: int
    seen: int | None


@dataclass(frozen=True)
class Hour:
    """An hour of the week. `posts`: one on three channels is one. `lift` is a ratio to the channel's
    usual, 1 is as ever; `low` and `high` hold it in 9 of 10 cases."""

    number: int
    posts: int
    lift: float
    low: float
    high: float

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return self.number // 24

    @property
    def o_clock(self) -> int:
        return self.number % 24

    @property
    def stands_out(self) -> bool:
        """More than chance would do."""
        return self.posts >= FEWEST_AT_ONCE and self.low > 1


@dataclass(frozen=True)
class Answer:
    """All 168 hours, the posts behind them, and how many are missing until anything is said. A post
    whose channels had it at different hours counts once for each of these, and once in all."""

    hours: tuple[Hour, ...]
    posts: int

    @property
    def missing(self) -> int:
        return max(0, FEWEST - self.posts)

    @property
    def best(self) -> list[Hour]:
        """The hours that stand out, the best first; none while posts are missing."""
        found = [one for one in self.hours if one.stands_out and not self.missing]
        return sorted(found, key=lambda one: (-one.lift, one.number))


class Spread(NamedTuple):
    """A mean with its variance."""

    mean: float
    variance: float


def hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    """What the clock on the wall says there, 0 to 167; an hour that happens twice is one hour."""
    there = at.astimezone(zone)
    return there.weekday() * 24 + there.hour


def judge(samples: Iterable[Sample], zone: ZoneInfo) -> Answer:
    """The order of the samples makes no difference."""
    cells: dict[int, list[Spread]] = defaultdict(list)
    by_post = _by_post(samples, zone)
    for (_, number), values in by_post.items():
        cells[number].append(_mean(values))
    chance = _chance(list(cells.values()))
    pooled = {number: _pool(values, chance) for number, values in cells.items()}
    hours = _shrunk(pooled)
    empty = _Shrunk(0.0, hours.beyond)
    made = (
        _hour(number, len(cells.get(number, ())), hours.cells.get(number, empty))
        for number in range(HOURS)
    )
    return Answer(tuple(made), len({post_id for post_id, _ in by_post}))


def _by_post(samples: Iterable[Sample], zone: ZoneInfo) -> dict[tuple[int, int], list[Spread]]:
    """What each post had on its channels, by post and hour. Its channels had the same words at the
    same time, so they are one observation of the hour, however many they are."""
    found: dict[tuple[int, int], list[Spread]] = defaultdict(list)
    for sample, value in _centred(samples):
        found[sample.post_id, hour_of_week(sample.at, zone)].append(value)
    return found


def _centred(samples: Iterable[Sample]) -> Iterator[tuple[Sample, Spread]]:
    """The logarithm of each post's rate, less what is usual on its channel."""
    by_channel: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_channel[sample.channel_id].append(sample)
    for posts in by_channel.values():
        usable = _comparable(posts)
        values = [_rate(one) for one in usable]
        usual = _pool(values, _beyond([values])).mean if values else 0.0
        for one, value in zip(usable, values, strict=True):
            yield one, Spread(value.mean - usual, value.variance)


def _comparable(posts: Sequence[Sample]) -> list[Sample]:
    """Rates aren't compared with counts: those of whichever kind there are more of."""
    told = [one for one in posts if one.seen is not None]
    if 2 * len(told) < len(posts):
        return [replace(one, seen=None) for one in posts]
    return [one for one in told if one.seen]


def _rate(one: Sample) -> Spread:
    """A count is taken as Poisson: the variance of its logarithm is one by the count."""
    count = max(0, one.engagements) + HALF
    return Spread(log(count / (one.seen or 1)), 1 / count)


def _mean(values: Sequence[Spread]) -> Spread:
    """Of one post over its channels, which count alike: a loud one says no more of the hour."""
    many = len(values)
    variance = fsum(one.variance for one in values) / many**2
    return Spread(fsum(one.mean for one in values) / many, variance)


def _pool(values: Sequence[Spread], further: float) -> Spread:
    """Their mean, each weighed by its own variance and the `further` one that all have."""
    weights = [1 / (one.variance + further) for one in values]
    whole = fsum(weights)
    mean = fsum(w * one.mean for w, one in zip(weights, values, strict=True)) / whole
    return Spread(mean, 1 / whole)


def _beyond(groups: Iterable[Sequence[Spread]]) -> float:
    """How much the values of a group differ beyond what their own variances explain, by moments
    over all groups (DerSimonian and Laird 1986); 0 where nothing can be compared."""
    spare, terms = [], []
    for values in groups:
        weights = [1 / one.variance for one in values]
        whole, mean = fsum(weights), _pool(values, 0.0).mean
        both = zip(weights, values, strict=True)
        spare.append(fsum(w * (one.mean - mean) ** 2 for w, one in both) - (len(values) - 1))
        terms.append(whole - fsum(w * w for w in weights) / whole)
    return max(0.0, fsum(spare) / fsum(terms)) if fsum(terms) > 0 else 0.0


def _chance(cells: Sequence[Sequence[Spread]]) -> float:
    """How much posts of the same hour differ. Where no hour has two, all difference is chance."""
    if any(len(values) > 1 for values in cells):
        return _beyond(cells)
    return _beyond([[one for values in cells for one in values]]) if cells else 0.0


class _Shrunk(NamedTuple):
    """The logarithm of an hour's lift, and its variance."""

    lift: float
    variance: float


class _Hours(NamedTuple):
    cells: dict[int, _Shrunk]
    beyond: float


def _shrunk(pooled: Mapping[int, Spread]) -> _Hours:
    """Each hour's distance from the mean, believed by the share of it that is not chance (Morris
    1983; the last term, since the spread itself is an estimate)."""
    few = len(pooled) < FEWEST_HOURS
    beyond = 0.0 if few else _beyond([list(pooled.values())])
    centre = _pool(list(pooled.values()), beyond) if pooled else Spread(0.0, 0.0)
    found = {}
    for number, one in pooled.items():
        share, away = beyond / (beyond + one.variance), one.mean - centre.mean
        doubt = 0.0 if few else 2 / (len(pooled) - 3) * ((1 - share) * away) ** 2
        variance = share * one.variance + share**2 * centre.variance + doubt
        found[number] = _Shrunk(share * away, variance)
    return _Hours(found, beyond)


def _hour(number: int, posts: int, one: _Shrunk) -> Hour:
    margin = SIGMAS * sqrt(one.variance)
    return Hour(number, posts, exp(one.lift), exp(one.lift - margin), exp(one.lift + margin))
