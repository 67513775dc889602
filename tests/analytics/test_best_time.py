"""The best time: order makes no difference, few posts say little, hours are those on the wall."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.best_time import FEWEST, HOURS, Sample, hour_of_week, judge
from dev import best_hours
from tests.examples import examples

DATABASES = ("sqlite",)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")

samples = st.builds(
    Sample,
    post_id=st.integers(1, 30),
    channel_id=st.integers(1, 3),
    at=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    engagements=st.integers(0, 10_000),
    seen=st.none() | st.integers(0, 1_000_000),
)


def week(hour: int, engagements: int, posts: int, seen: int | None = 1000) -> list[Sample]:
    """That many posts at one hour of the week, in UTC, one a week, some better than others."""
    first = MONDAY + timedelta(hours=hour)
    return [
        Sample(hour * 100 + n, 1, first + timedelta(weeks=n), engagements * (1 + n % 4) // 2, seen)
        for n in range(posts)
    ]


@given(st.lists(samples, max_size=40), st.randoms())
@settings(max_examples=examples(100))
def test_the_order_of_posts_makes_no_difference(found: list[Sample], chance: random.Random) -> None:
    mixed = list(found)
    chance.shuffle(mixed)
    assert judge(mixed, BERLIN) == judge(found, BERLIN)


@given(st.lists(samples, max_size=40))
@settings(max_examples=examples(100))
def test_every_hour_lies_in_its_interval_and_what_nobody_tried_is_as_ever(
    found: list[Sample],
) -> None:
    answer = judge(found, BERLIN)
    assert len(answer.hours) == HOURS and sum(one.posts for one in answer.hours) >= answer.posts
    assert answer.posts <= len({one.post_id for one in found})
    for one in answer.hours:
        assert 0 < one.low <= one.lift <= one.high
        assert one.posts or one.lift == 1
    assert all(one.posts >= 3 and one.low > 1 for one in answer.best)


def test_the_fewer_posts_the_nearer_to_the_mean() -> None:
    others = [one for hour in range(10, 60, 5) for one in week(hour, 20 + hour, 12)]
    lifts = [
        judge([*others, *week(90, 200, n)], ZoneInfo("UTC")).hours[90].lift for n in (0, 1, 3, 30)
    ]
    assert lifts[0] == 1 and lifts == sorted(lifts) and lifts[1] < 0.8 * lifts[3]


def test_an_hour_that_does_better_is_found_and_equal_ones_are_not() -> None:
    equal = [one for hour in (9, 33, 57, 81, 105, 129) for one in week(hour, 30, 8)]
    assert judge(equal, ZoneInfo("UTC")).best == []
    [best] = judge([*equal, *week(16, 90, 8)], ZoneInfo("UTC")).best
    assert (best.weekday, best.o_clock, best.posts) == (
        0,
        16,
        8,
    ) and 1.5 < best.low < best.lift < 3.5


def test_a_busy_channel_does_not_make_its_hours_good() -> None:
    """Ten times the engagement, at other hours, is the channel's and not the hour's."""
    quiet = [one for hour in (9, 33, 57) for one in week(hour, 10, 8)]
    loud = [
        replace(one, channel_id=2, post_id=-one.post_id)
        for hour in (18, 42, 66)
        for one in week(hour, 100, 8)
    ]
    assert judge([*quiet, *loud], ZoneInfo("UTC")).best == []


def on_three(found: list[Sample]) -> list[Sample]:
    """The same posts on channels of which one is quiet and one is loud."""
    return [
        replace(one, channel_id=channel, engagements=one.engagements * times)
        for one in found
        for channel, times in ((1, 1), (2, 3), (3, 20))
    ]


def test_one_post_on_three_channels_is_one_post() -> None:
    """Three of a kind would be enough to advise its hour; one that did well is not."""
    usual = [one for hour in (9, 33, 57, 81, 105, 129) for one in week(hour, 30, 4)]
    answer = judge(on_three([*usual, *week(114, 900, 1)]), ZoneInfo("UTC"))
    assert (answer.posts, answer.hours[114].posts, answer.best) == (25, 1, [])
    assert judge(on_three(week(9, 30, FEWEST - 1)), ZoneInfo("UTC")).missing == 1


def test_posts_that_do_the_same_everywhere_say_on_three_channels_what_they_say_on_one() -> None:
    found = [one for hour in (9, 33, 57, 81, 105) for one in week(hour, 3000 + hour, 6)]
    found += week(16, 9000, 6)
    [alone], [everywhere] = (
        judge(posts, ZoneInfo("UTC")).best for posts in (found, on_three(found))
    )
    assert everywhere.posts == alone.posts == 6
    assert abs(everywhere.lift - alone.lift) < 0.01 and abs(everywhere.low - alone.low) < 0.01


def test_a_post_whose_channels_had_it_at_different_hours_counts_for_each_and_once_in_all() -> None:
    [early] = week(9, 30, 1)
    late = replace(early, channel_id=2, at=early.at + timedelta(hours=9))
    answer = judge([early, late], ZoneInfo("UTC"))
    assert (answer.posts, answer.hours[9].posts, answer.hours[18].posts) == (1, 1, 1)


def test_more_channels_do_not_make_chance_look_like_advice() -> None:
    """Thirty worlds of dev/best_hours.py in which no hour is better than another."""
    found = best_hours.try_out(best_hours.World(60, 10, channels=3, differ=False), worlds=30)
    assert found.share_advising <= 0.1 and found.share_held >= 0.95


@pytest.mark.security_long
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_advice_is_seldom_wrong(channels: int) -> None:
    for posts, hours in ((60, 10), (200, 20)):
        equal = best_hours.try_out(best_hours.World(posts, hours, channels, differ=False))
        assert equal.share_advising <= 0.1
        real = best_hours.try_out(best_hours.World(posts, hours, channels, differ=True))
        assert real.better >= 0.95 * real.advised and real.share_held >= 0.8


def test_too_few_posts_say_how_many_are_missing_and_nothing_else() -> None:
    found = [*week(9, 10, 5), *week(33, 10, 5), *week(57, 10, 5), *week(81, 500, 4)]
    answer = judge(found, ZoneInfo("UTC"))
    assert answer.missing == FEWEST - 19 == 1 and answer.best == []
    assert judge([], BERLIN).missing == FEWEST


def test_networks_that_tell_no_impressions_are_judged_by_the_post() -> None:
    found = [one for hour in (9, 33, 57, 81) for one in week(hour, 30, 6, seen=None)]
    [best] = judge([*found, *week(16, 120, 6, seen=None)], ZoneInfo("UTC")).best
    assert best.o_clock == 16
    one_odd = [*found, *week(16, 120, 6, seen=None), *week(100, 5, 3, seen=10)]
    assert [one.number for one in judge(one_odd, ZoneInfo("UTC")).best] == [16]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
@settings(max_examples=examples(200))
def test_the_hour_is_what_the_clock_says_there(at: datetime) -> None:
    for zone in (BERLIN, KATHMANDU):
        there = at.astimezone(zone)
        assert divmod(hour_of_week(at, zone), 24) == (there.weekday(), there.hour)


def test_nine_o_clock_stays_nine_o_clock_over_summer_time_and_a_doubled_hour_is_one() -> None:
    winter, summer = datetime(2026, 3, 23, 8, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert hour_of_week(winter, BERLIN) == hour_of_week(summer, BERLIN) == 9
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, and 02:30 again
    assert hour_of_week(first, BERLIN) == hour_of_week(first + timedelta(hours=1), BERLIN)
