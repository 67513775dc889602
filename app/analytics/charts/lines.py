"""A figure over time as a line, with the period before as a dashed one.

What is not told leaves a gap in the line. Places are in per cent of the width, heights in pixels, so
that one drawing fits every screen and its letters keep their size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup, escape

from app.analytics.charts.scale import Scale, scale

HEIGHT, TOP, FOOT = 240, 12, 24  # pixels: all of it, above the plot, below it
PLOT = HEIGHT - TOP - FOOT
WIDE = 1000  # units of the inner drawing's width
FEW = 16  # points that each get a dot


class Point(NamedTuple):
    """`place` from 0 to 1; `label` is said when it is pointed at."""

    place: float
    label: str
    value: float | None
    before: float | None = None


@dataclass(frozen=True)
class Lines:
    """`ticks` stand below the plot: where, and what they say. `least` is the smallest step between
    two numbers of the axis: 1 for what is counted."""

    name: str
    points: Sequence[Point]
    ticks: Sequence[tuple[float, str]]
    say: Callable[[float], str]
    from_zero: bool = True
    least: float = 1

    def draw(self) -> Markup:
        values = [p.value for p in self.points] + [p.before for p in self.points]
        axis = scale(values, from_zero=self.from_zero, least=self.least)
        drawn = (self._rules, self._strokes, self._dots, self._words, self._spots)
        parts = [part for draw in drawn for part in draw(axis)]
        return Markup(  # noqa: S704  # the parts are numbers and escaped words
            f'<svg class="chart-lines" height="{HEIGHT}" role="img" aria-label="{escape(self.name)}">'
            f"{''.join(parts)}</svg>"
        )

    def _rules(self, axis: Scale) -> Iterator[str]:
        for value in axis.ticks:
            kind, y = "chart-base" if value == axis.low else "chart-rule", _y(axis, value)
            yield f'<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'

    def _words(self, axis: Scale) -> Iterator[str]:
        """Over the line, so that both can be read. The 0 at the foot goes without saying."""
        for value in axis.ticks[1:] if self.from_zero and not axis.low else axis.ticks:
            words, y = escape(self.say(value)), _y(axis, value) - 4
            yield f'<text class="chart-tick" x="0" y="{y}">{words}</text>'
        for place, said in self.ticks:
            anchor = "start" if place < 0.02 else "end" if place > 0.98 else "middle"
            yield (
                f'<text class="chart-tick" x="{place:.2%}" y="{HEIGHT - 6}"'
                f' text-anchor="{anchor}">{escape(said)}</text>'
            )

    def _strokes(self, axis: Scale) -> Iterator[str]:
        yield (
            f'<svg x="0" y="0" width="100%" height="{HEIGHT}" viewBox="0 0 {WIDE} {HEIGHT}"'
            ' preserveAspectRatio="none">'
        )
        now = list(_runs((p.place, p.value) for p in self.points))
        if self.from_zero:
            base = _y(axis, 0)
            areas = "".join(
                f"{_path(run, axis)}V{base}H{run[0][0] * WIDE:.1f}Z" for run in now if len(run) > 1
            )
            yield f'<path class="chart-area" d="{areas}"/>' if areas else ""
        before = "".join(
            _path(run, axis) for run in _runs((p.place, p.before) for p in self.points)
        )
        yield f'<path class="chart-before" d="{before}"/>' if before else ""
        yield f'<path class="chart-now" d="{"".join(_path(run, axis) for run in now)}"/></svg>'

    def _dots(self, axis: Scale) -> Iterator[str]:
        """Where a line alone would not show it: few points, or one between two gaps."""
        for run in _runs((p.place, p.value) for p in self.points):
            for place, value in run if len(self.points) <= FEW or len(run) == 1 else ():
                yield f'<circle class="chart-dot" cx="{place:.2%}" cy="{_y(axis, value)}" r="3"/>'

    def _spots(self, axis: Scale) -> Iterator[str]:
        """What the pointer finds: a strip around each point, with its words."""
        places = [point.place for point in self.points]
        edges = [0.0, *((a + b) / 2 for a, b in pairwise(places)), 1.0]
        for point, left, right in zip(self.points, edges, edges[1:], strict=False):
            y = _y(axis, point.value) if point.value is not None else None
            dot = "" if y is None else f'<circle cx="{point.place:.2%}" cy="{y}" r="4"/>'
            yield (
                f'<g class="chart-spot"><rect x="{left:.2%}" y="0" width="{right - left:.2%}"'
                f' height="{HEIGHT - FOOT}"/><line x1="{point.place:.2%}" x2="{point.place:.2%}"'
                f' y1="{TOP}" y2="{HEIGHT - FOOT}"/>{dot}<title>{escape(point.label)}</title></g>'
            )


def evenly(count: int) -> list[float]:
    """Places of so many points at equal distances; a single one stands in the middle."""
    return [n / (count - 1) for n in range(count)] if count > 1 else [0.5] * count


def _y(axis: Scale, value: float) -> float:
    return round(TOP + PLOT * (1 - axis.share(value)), 1)


def _runs(
    found: Iterator[tuple[float, float | None]],
) -> Iterator[list[tuple[float, float]]]:
    """Stretches without a gap."""
    run: list[tuple[float, float]] = []
    for place, value in found:
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _path(run: Sequence[tuple[float, float]], axis: Scale) -> str:
    return "M" + "L".join(f"{place * WIDE:.1f},{_y(axis, value)}" for place, value in run)
