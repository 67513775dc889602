"""The numbers along an axis: round, few, and with the figures inside."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Scale:
    """From `low` to `high` in equal steps."""

    low: float
    high: float
    step: float

    @property
    def ticks(self) -> list[float]:
        return [self.low + n * self.step for n in range(self.count + 1)]

    @property
    def count(self) -> int:
        return round((self.high - self.low) / self.step)

    def share(self, value: float) -> float:
        """Where it stands, 0 at the low end and 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


def scale(
    values: Iterable[float | None], *, from_zero: bool = True, most: int = 4, least: float = 1
) -> Scale:
    """Round steps, `most` of them or fewer, none smaller than `least`, over all that is told."""
    told = [value for value in values if value is not None] or [0]
    low, high = min(told), max(told)
    if from_zero:
        low, high = min(low, 0), max(high, 0)
    step = _step(max(high - low, least) / most, least)
    below, above = floor(low / step), ceil(high / step)
    while above - below > most:  # both ends were made round
        step = _step(step * 1.01, least)
        below, above = floor(low / step), ceil(high / step)
    return Scale(below * step, max(above, below + 1) * step, step)


def _step(rough: float, least: float) -> float:
    """The next round number from `rough` up; whole where the figures are."""
    rough = max(rough, least)
    size = 10 ** floor(log10(rough))
    return next(
        step * size
        for step in (*STEPS, 20)
        if step * size >= rough * 0.999_999 and (least < 1 or (step * size) % 1 == 0)
    )
