"""What the database adds up by the wall's days and hours is what a recount in Python says, on both."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from app.analytics import came_in, followers, posts_table, ranking, week
from app.analytics.models import Measure, Tally
from app.analytics.periods import Period
from app.analytics.posts_table import Wanted
from app.analytics.sums import Sum, total
from app.channels.models import Channel
from app.db import db as database
from app.networks.figures import Figures
from tests import make
from tests.analytics import planted

pytestmark = pytest.mark.usefixtures("db")
AUTUMN = (
    date(2026, 10, 20),
    date(2026, 10, 29),
)  # Berlin's and Lord Howe's clocks change in these weeks


def history(seed: int) -> list[Channel]:
    """Posts and gains at any hour around the change of the clock, many figures not told."""
    chance, alice = Random(seed), make.alice()
    channels = [make.channel(alice, "bluesky", name=f"c{n}") for n in range(2)]
    begin = datetime(2026, 9, 28, tzinfo=UTC)
    for n in range(18):
        told = {
            name: chance.randrange(50)
            for name in ("impressions", "reach", "likes", "clicks", "video_views")
            if chance.random() < 0.6
        }
        at = begin + timedelta(minutes=chance.randrange(45 * 24 * 60))
        planted.out(alice, channels[n % 2], at, f"Post {n}", **told)
    for _ in range(12):
        at = begin + timedelta(hours=chance.randrange(45 * 24))
        planted.came(channels[0], at, likes=chance.randrange(-3, 9))
    database.session.commit()
    return channels


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_days_and_hours_are_those_of_the_wall(zone: str) -> None:
    here, [first, _] = ZoneInfo(zone), history(7)
    member, period = make.member(make.alice()), Period(*AUTUMN, ZoneInfo(zone))
    days: dict[date, list[Sum]] = defaultdict(list)
    for tally in database.session.scalars(database.select(Tally)):
        on = datetime.fromtimestamp(tally.hour * 3600, UTC).astimezone(here).date()
        if period.first <= on <= period.last:
            days[on].append(_sum(tally))
    assert came_in.by_day(member, period) == {on: total(sums) for on, sums in days.items()}

    posts = [
        (one, one.published_at.astimezone(here))
        for one in database.session.scalars(database.select(Measure))
        if one.channel_id == first.id
    ]
    within = [(one, at) for one, at in posts if period.first <= at.date() <= period.last]
    counted: dict[date, int] = defaultdict(int)
    for _, at in within:
        counted[at.date()] += 1
    assert came_in.posts_by_day(member, period, first.id) == counted
    hours = week.by_hour(member, period, "impressions", first.id)
    assert set(hours) == {(at.weekday(), at.hour) for _, at in within}
    assert sum(cell.posts for cell in hours.values()) == len(within)
    for (day, hour), cell in hours.items():
        told = [
            one.impressions
            for one, at in within
            if (at.weekday(), at.hour) == (day, hour) and one.impressions is not None
        ]
        assert cell.value == (pytest.approx(sum(told) / len(told)) if told else None)


def _sum(row: Tally) -> Sum:
    told = Figures(row.impressions, row.reach, row.likes, row.replies, row.reposts, row.clicks,
                   row.saves, row.follows, row.video_views)  # fmt: skip
    both = told.engagements is not None and told.seen is not None
    return Sum(told, told.seen if both else None, told.engagements if both else None)


def test_channels_and_the_period_before_are_kept_apart() -> None:
    first, second = history(3)
    member, period = make.member(make.alice()), Period(*AUTUMN, ZoneInfo("Europe/Berlin"))
    sums = came_in.by_channel(member, period)
    assert set(sums) <= {(one.id, now) for one in (first, second) for now in (True, False)}
    for is_now, those in ((True, period), (False, period.before)):
        days = [came_in.by_day(member, those, one.id) for one in (first, second)]
        for channel, by_day in zip((first, second), days, strict=True):
            assert sums.get((channel.id, is_now), Sum()) == total(list(by_day.values()))
    posts = came_in.posts_by_channel(member, period)
    for channel in (first, second):
        now, before = (
            sum(came_in.posts_by_day(member, those, channel.id).values())
            for those in (period, period.before)
        )
        assert (posts[channel.id].published, posts[channel.id].before) == (now, before)


def test_the_best_are_the_best_and_none_is_also_weak() -> None:
    history(11)
    for by in ("engagements", "impressions", "rate"):
        look_at_the_ends(by)


def look_at_the_ends(by: str) -> None:
    member = make.member(make.alice())
    period = Period(date(2026, 9, 20), date(2026, 11, 20), ZoneInfo("UTC"))
    found = ranking.ends(member, period, by, datetime(2026, 12, 1, tzinfo=UTC))
    values, there = {}, {}
    for one in database.session.scalars(database.select(Measure)):
        told = one.figures.impressions if by == "impressions" else getattr(one.figures, by)
        if told is not None:
            values[one.delivery_id] = told
            there[one.delivery_id] = one.channel_id
    times = {id: values[id] / usual_of(by, there[id]) for id in values}
    best, weak = ([one.places[0].delivery_id for one in those] for those in found)
    lowest = sorted(times, key=lambda id: times[id])[:5]
    most = sorted(values, key=lambda id: -values[id])[:5]
    twice = [id for id in lowest if id in most]
    below = twice[: len(twice) // 2]
    assert [values[id] for id in best] == pytest.approx(
        [values[id] for id in most if id not in below]
    )
    assert [times[id] for id in weak] == pytest.approx(
        [times[id] for id in lowest if id in below or id not in most]
    )
    assert [one.times for one in found.weakest] == pytest.approx([times[id] for id in weak])
    assert best
    assert weak
    assert not set(best) & set(weak)


def usual_of(by: str, channel_id: int) -> float:
    """What the posts of a channel have on average, counted one by one."""
    mine = database.select(Measure).where(Measure.channel_id == channel_id)
    figures = [one.figures for one in database.session.scalars(mine)]
    if by == "rate":
        rated = [one for one in figures if one.engagements is not None and one.seen is not None]
        return sum(one.engagements or 0 for one in rated) / sum(one.seen or 0 for one in rated)
    told = [getattr(one, by) for one in figures if getattr(one, by) is not None]
    return sum(told) / len(told)


def test_a_post_on_a_small_channel_alone_is_not_weak_for_that() -> None:
    alice, at = make.alice(), datetime(2026, 10, 5, 9, tzinfo=UTC)
    large, small = (make.channel(alice, "bluesky", name=f"c{n}") for n in range(2))
    for n, likes in enumerate((100, 110, 30)):
        planted.out(alice, large, at, f"Large {n}", likes=likes)
    for n, likes in enumerate((3, 3, 9)):
        planted.out(alice, small, at, f"Small {n}", likes=likes)
    period = Period(at.date(), at.date(), ZoneInfo("UTC"))
    found = ranking.ends(make.member(alice), period, "engagements", at + timedelta(days=2))
    assert [(one.words, one.usual, round(one.times or 0, 3)) for one in found.weakest] == [
        ("Large 2", 80, 0.375),
        ("Small 1", 5, 0.6),
        ("Small 0", 5, 0.6),
    ]
    assert [one.words for one in found.best] == ["Large 1", "Large 0", "Small 2"]


def test_a_post_on_two_channels_is_ranked_by_both_together() -> None:
    alice, at = make.alice(), datetime(2026, 10, 5, 9, tzinfo=UTC)
    channels = [make.channel(alice, "bluesky", name=f"c{n}") for n in range(2)]
    post = make.post(alice, *channels, text="Both", due_at=at)
    for delivery, likes in zip(post.deliveries, (3, 4), strict=True):
        planted.measured(delivery.id, delivery.channel, at, likes=likes)
    planted.out(alice, channels[0], at, "One", likes=6)
    period = Period(at.date(), at.date(), ZoneInfo("UTC"))
    found = ranking.ends(make.member(alice), period, "engagements", at + timedelta(days=2))
    assert [(one.words, one.value, len(one.places)) for one in (*found.best, *found.weakest)] == [
        ("One", 6, 1),
        ("Both", 7, 2),
    ]
    assert [one.usual for one in (*found.best, *found.weakest)] == [4.5, 8.5]


def test_the_table_puts_what_is_not_told_last_and_finds_signs_as_they_are() -> None:
    alice, at = make.alice(), datetime(2026, 10, 5, 9, tzinfo=UTC)
    channel, period = make.channel(alice), Period(at.date(), at.date(), ZoneInfo("UTC"))
    planted.out(alice, channel, at, "Half: 50%", likes=1, reach=10)
    planted.out(alice, channel, at, "Nothing is told")
    planted.out(alice, channel, at, "Most", likes=9, reach=10)
    member = make.member(alice)

    def order(**wanted: object) -> list[str]:
        return [one.words for one in posts_table.rows(member, period, Wanted(**wanted))[0]]  # type: ignore[arg-type]

    assert order(sort="rate") == ["Most", "Half: 50%", "Nothing is told"]
    assert order(sort="rate", is_rising=True) == ["Half: 50%", "Most", "Nothing is told"]
    assert order(text="%") == ["Half: 50%"]


def test_followers_are_the_last_told_of_the_period_and_of_the_time_before() -> None:
    alice, day = make.alice(), datetime(2026, 10, 20, 3, tzinfo=UTC)
    channel = make.channel(alice, "bluesky")
    for days, count in ((-4, 90), (-2, 100), (0, 101), (3, 130), (40, 999)):
        planted.follow(channel, day + timedelta(days=days), count)
    period = Period(*AUTUMN, ZoneInfo("UTC"))
    found = followers.by_channel(make.member(alice), period)
    assert found == {channel.id: (date(2026, 10, 23), 130, 100)}
    assert followers.by_day(channel, period) == {date(2026, 10, 20): 101, date(2026, 10, 23): 130}
