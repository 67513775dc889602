"""Figures: what is not told stays apart from 0."""

from app.networks.figures import Figures, added, of_each, whole


def test_what_is_not_told_is_never_counted_as_nothing() -> None:
    silent = Figures()
    assert (silent.told, silent.engagements, silent.rate) == (frozenset(), None, None)
    some = Figures(likes=0, replies=2)
    assert (some.told, some.engagements, some.rate) == ({"likes", "replies"}, 2, None)


def test_the_rate_is_of_impressions_or_else_of_reach() -> None:
    assert Figures(impressions=200, reach=10, likes=3, clicks=1).rate == 0.02
    assert Figures(reach=10, likes=3).rate == 0.3
    assert Figures(impressions=0, likes=0).rate is None


def test_follows_and_plays_are_no_engagements() -> None:
    assert Figures(likes=1, replies=2, reposts=4, clicks=8, saves=16, follows=32).engagements == 31
    assert Figures(video_views=5).engagements is None


def test_what_was_told_before_stays_where_nothing_new_is_told() -> None:
    assert Figures(likes=5).after(Figures(likes=9, clicks=3)) == Figures(likes=5, clicks=3)


def test_a_count_is_a_whole_number_and_nothing_else() -> None:
    assert [whole(one) for one in (0, 7, "12")] == [0, 7, 12]
    for said in (None, True, -1, 1.5, "1.5", "-1", "", "many", 2**63, [], "²"):
        assert whole(said) is None, said


def test_sums_of_what_is_told() -> None:
    assert (added(None, 2), added(1, 2), added(None, None)) == (2, 3, None)
    assert (of_each([1, 2]), of_each([]), of_each([1, None])) == (3, 0, None)
