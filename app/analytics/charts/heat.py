"""The hours of a week as a map: the stronger the colour, the larger the figure."""

from collections.abc import Callable, Iterator, Mapping
from math import ceil, sqrt
from typing import NamedTuple

from markupsafe import Markup, escape

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STEPS = 5  # of colour
ROW, FOOT = 24, 20  # pixels of a row and of the hours below
WIDTH = 100 / 24  # per cent
HEIGHT = 7 * ROW + FOOT


class Cell(NamedTuple):
    """`value` is None where there is something and nobody told its figure."""

    posts: int
    value: float | None


Heat = Mapping[tuple[int, int], Cell]  # by weekday (Monday is 0) and hour


def draw(name: str, cells: Heat, say: Callable[[Cell], str]) -> Markup:
    """An hour that is not among the cells is empty; `say` gives the words for the others."""
    most = strongest(cells)
    squares = "".join(
        _square(day, hour, cells.get((day, hour)), most, say)
        for day in range(7)
        for hour in range(24)
    )
    return Markup(  # noqa: S704  # numbers and escaped words
        f'<div class="chart-week"><svg class="chart-days" height="{HEIGHT}" aria-hidden="true">'
        f"{''.join(_days())}</svg>"
        f'<svg class="chart-heat" height="{HEIGHT}" role="img" aria-label="{escape(name)}">'
        f"{''.join(_hours())}{squares}</svg></div>"
    )


def strongest(cells: Heat) -> float:
    return max((one.value for one in cells.values() if one.value is not None), default=0)


def step(value: float | None, most: float) -> str:
    """The class of a cell: `untold` for not told, `0` for nothing, and up to five for the largest.
    By the square root, so that one that stands out leaves the others apart."""
    if value is None:
        return "untold"
    return str(ceil(STEPS * sqrt(min(value / most, 1)))) if value > 0 and most else "0"


def _days() -> Iterator[str]:
    for day, word in enumerate(DAYS):
        yield f'<text class="chart-tick" x="0" y="{day * ROW + ROW - 8}">{word}</text>'


def _hours() -> Iterator[str]:
    for hour in range(0, 24, 6):
        left = hour * WIDTH
        yield f'<text class="chart-tick" x="{left:.2f}%" y="{HEIGHT - 5}">{hour:02}:00</text>'


def _square(day: int, hour: int, cell: Cell | None, most: float, say: Callable[[Cell], str]) -> str:
    place = (
        f'x="{hour * WIDTH + 0.15:.2f}%" y="{day * ROW + 1}"'
        f' width="{WIDTH - 0.3:.2f}%" height="{ROW - 2}" rx="3"'
    )
    if cell is None:
        return f'<rect class="heat" {place}/>'
    words = escape(f"{LONG[day]} {hour:02}:00 to {(hour + 1) % 24:02}:00, {say(cell)}")
    kind = step(cell.value, most)
    return f'<rect class="heat heat-{kind}" {place}><title>{words}</title></rect>'
