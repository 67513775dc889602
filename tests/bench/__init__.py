"""Benchmarks. Each figure stands beside a floor that was measured in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`floor` in the same unit; None where nothing simpler does the same."""

    name: str
    value: float
    unit: str
    floor: float | None

    @property
    def ratio(self) -> float | None:
        return round(self.value / self.floor, 2) if self.floor else None
