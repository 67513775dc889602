"""What foreign answers mean, and the keys that we choose before we send."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.networks import link_card, tid
from app.networks.asking import LONGEST_WAIT, retry_at

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Tue, 24 Nov 2026 12:01:00 GMT"}, 60),
        ({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"X-Rate-Limit-Reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"X-RateLimit-Reset": "45"}, 45),
        ({"X-RateLimit-Reset": "2026-11-24T12:05:00.000000Z"}, 300),
        ({"X-RateLimit-Reset": "2026-11-24T25:05:00Z"}, None),
        ({"Retry-After": "99999999"}, LONGEST_WAIT.total_seconds()),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_a_network_may_say_when_to_come_back(
    headers: dict[str, str], seconds: float | None
) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert retry_at(headers, NOW) == expected


@given(st.text(max_size=40))
def test_no_header_keeps_us_away_for_long_or_breaks_anything(value: str) -> None:
    moment = retry_at({"Retry-After": value}, NOW)
    assert moment is None or NOW <= moment <= NOW + LONGEST_WAIT


def test_the_first_tid_of_the_specification() -> None:
    """atproto.com/specs/tid: the integer zero is 2222222222222."""
    assert tid.make(datetime(1970, 1, 1, tzinfo=UTC), 0) == "2222222222222"


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 2**40),
)
def test_tids_sort_as_their_times_do(one: datetime, two: datetime, seed: int) -> None:
    first, second = tid.make(one, seed), tid.make(two, seed)
    assert len(first) == 13
    assert set(first) <= set(tid.ALPHABET)
    assert first[0] in "234567abcdefghij"
    if one != two:
        assert (first < second) is (one < two)


@pytest.mark.parametrize(
    ("html", "card"),
    [
        ("<title> A  page </title>", ("A page", "")),
        (
            '<meta property="og:title" content="Og"><title>Plain</title>'
            '<meta name="description" content="About">',
            ("Og", "About"),
        ),
        ("<title></title>", None),
        ("no head at all", None),
        ("<title>" + "x" * 500, ("x" * 300, "")),
        ("<meta property=og:title><title>T</title>", ("T", "")),
        ("<title>&lt;b&gt; &amp; ü</title>", ("<b> & ü", "")),
    ],
)
def test_a_card_is_what_the_page_says_of_itself(html: str, card: tuple[str, str] | None) -> None:
    found = link_card.read(html)
    assert (found and (found.title, found.description)) == card


@given(st.text(max_size=200))
def test_no_page_breaks_the_reader(html: str) -> None:
    link_card.read("<" + html)
