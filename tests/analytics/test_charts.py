"""Drawings are well-formed, have a name, and never draw what was not told."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.charts import heat
from app.analytics.charts.bars import bar
from app.analytics.charts.heat import Cell
from app.analytics.charts.lines import HEIGHT, Lines, Point, evenly
from app.analytics.charts.scale import scale
from app.analytics.wording import short

NUMBERS = st.none() | st.integers(-1000, 10**9)


def drawn(*values: float | None, name: str = "Likes by day") -> ElementTree.Element:
    places = evenly(len(values))
    points = [
        Point(place, f"day {value}", value) for place, value in zip(places, values, strict=True)
    ]
    return ElementTree.fromstring(Lines(name, points, [(0.0, "first")], short).draw())


def line_of(svg: ElementTree.Element) -> str:
    return next(one.attrib["d"] for one in svg.iter("path") if one.attrib["class"] == "chart-now")


def test_a_gap_in_what_is_told_is_a_gap_in_the_line() -> None:
    assert line_of(drawn(1, 2, None, 3, 4)).count("M") == 2
    assert line_of(drawn(1, 2, 0, 3, 4)).count("M") == 1
    assert line_of(drawn(None, None)) == ""


def test_one_day_between_two_gaps_gets_a_dot() -> None:
    many = [None] * 20
    dots = [one for one in drawn(*many, 5, *many).iter("circle") if "class" in one.attrib]
    assert len(dots) == 1


def test_the_name_is_said_and_words_of_people_stay_words() -> None:
    svg = drawn(1, name='Likes "<script>"')
    assert (svg.attrib["role"], svg.attrib["aria-label"]) == ("img", 'Likes "<script>"')
    words = heat.draw("<b>", {(0, 9): Cell(1, 2.0)}, lambda cell: "<i>")
    assert "<b>" not in words and "<i>" not in words


@given(st.lists(NUMBERS, max_size=120), st.booleans())
def test_every_point_lies_inside_the_drawing(values: list[int | None], from_zero: bool) -> None:
    axis = scale(values, from_zero=from_zero)
    assert len(axis.ticks) <= 6
    told = [value for value in values if value is not None]
    assert all(axis.low <= value <= axis.high for value in told)
    if told:
        heights = [float(y) for y in re.findall(r",([-\d.]+)", line_of(drawn(*values)))]
        assert len(heights) == len(told)
        assert all(0 <= y <= HEIGHT for y in heights)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [([0, 7], [0, 2, 4, 6, 8]), ([3], [0, 1, 2, 3]), ([], [0, 1]), ([0, 1234], [0, 500, 1000, 1500]),
     ([-5, 10], [-5, 0, 5, 10])],
)  # fmt: skip
def test_an_axis_has_few_and_round_numbers(values: list[int], ticks: list[float]) -> None:
    assert scale(values).ticks == ticks


def test_a_map_tells_no_post_from_not_told_and_from_nothing() -> None:
    cells = {
        (0, 9): Cell(2, None),
        (1, 9): Cell(1, 0.0),
        (6, 23): Cell(3, 40.0),
        (2, 1): Cell(1, 2.0),
    }
    svg = ElementTree.fromstring(heat.draw("Week", cells, lambda cell: f"{cell.posts}"))
    kinds = [one.attrib["class"] for one in svg.iter("rect")]
    assert len(kinds) == 7 * 24
    assert kinds.count("heat") == 7 * 24 - 4
    assert (kinds[9], kinds[33], kinds[167]) == ("heat heat-untold", "heat heat-0", "heat heat-5")
    assert kinds[2 * 24 + 1] == "heat heat-2"


def test_a_bar_is_as_long_as_its_share_and_absent_when_not_told() -> None:
    assert 'width="25.0%"' in bar(5, 20)
    assert (bar(None, 20), bar(0, 20), bar(3, None)) == ("", "", "")
