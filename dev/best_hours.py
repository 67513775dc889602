"""How the advice on the best time behaves in made-up worlds of which the truth is known.

`python -m dev.best_hours` prints the table of docs/analytics-best-time.md, the same at every run."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, log
from zoneinfo import ZoneInfo

from app.analytics.best_time import Sample, judge

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
UTC_WALL = ZoneInfo("UTC")
QUALITY = 0.8  # by which the logarithms of posts differ, whatever the channel
TASTE = 0.3  # by which a post differs between channels, besides
OF_HOURS = 0.4  # by which the hours differ, where they do
SEEN = 1_000  # impressions of a post
RATES = (0.03, 0.01, 0.08, 0.02, 0.05)  # what is usual on each channel
WORLDS = 200


@dataclass(frozen=True)
class World:
    """Of `posts` posts at any of `hours` hours of the week, each on `channels` channels."""

    posts: int
    hours: int
    channels: int
    differ: bool


TABLE = [
    World(posts, hours, channels, differ)
    for differ in (False, True)
    for posts, hours in ((60, 10), (60, 30), (200, 20), (400, 40))
    for channels in (1, 3)
]


@dataclass
class Found:
    """Over many worlds: those with any advice; hours that were advised, and of these the truly better;
    hours that were used, and of these whose interval holds the truth."""

    worlds: int = 0
    advising: int = 0
    advised: int = 0
    better: int = 0
    used: int = 0
    held: int = 0

    @property
    def share_advising(self) -> float:
        return self.advising / self.worlds

    @property
    def share_held(self) -> float:
        return self.held / self.used


def samples(
    world: World, posts: list[int], truth: dict[int, float], chance: random.Random
) -> Iterator[Sample]:
    """`posts`: the hour of each. `truth`: the logarithm of each hour's ratio to the usual."""
    for post, hour in enumerate(posts):
        at = MONDAY + timedelta(weeks=post, hours=hour)
        worth = truth[hour] + chance.gauss(0, QUALITY)
        for channel in range(world.channels):
            rate = RATES[channel] * exp(worth + chance.gauss(0, TASTE))
            yield Sample(post, channel, at, _poisson(SEEN * rate, chance), SEEN)


def _poisson(mean: float, chance: random.Random) -> int:
    """How many arrive within one unit of time when they come at that rate."""
    arrived, at = 0, -log(1 - chance.random())
    while at < mean:
        arrived, at = arrived + 1, at - log(1 - chance.random())
    return arrived


def try_out(world: World, worlds: int = WORLDS) -> Found:
    """The worlds of a row are the same at each run."""
    found, chance = Found(), random.Random(repr(world))
    for _ in range(worlds):
        hours = chance.sample(range(168), world.hours)
        away = {hour: chance.gauss(0, OF_HOURS) if world.differ else 0.0 for hour in hours}
        posts = chance.choices(hours, k=world.posts)
        usual = sum(away[hour] for hour in posts) / len(posts)
        truth = {hour: value - usual for hour, value in away.items()}
        answer = judge(samples(world, posts, truth, chance), UTC_WALL)
        best = [one.number for one in answer.best]
        used = [one for one in answer.hours if one.posts]
        found.worlds += 1
        found.advising += bool(best)
        found.advised += len(best)
        found.better += sum(truth[number] > 0 for number in best)
        found.used += len(used)
        found.held += sum(one.low <= exp(truth[one.number]) <= one.high for one in used)
    return found


def main() -> None:
    for world in TABLE:
        found = try_out(world)
        better = str(found.better) if world.differ else ""
        cells = [world.posts, world.hours, world.channels, "yes" if world.differ else "no"]
        cells += [f"{found.share_advising:.1%}", found.advised, better, f"{found.share_held:.1%}"]
        print("|", " | ".join(map(str, cells)), "|", flush=True)


if __name__ == "__main__":
    main()
