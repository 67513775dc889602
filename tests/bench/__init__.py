"""Benchmarks. Each figure stands beside a floor that was measured in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`floor` in the same unit; None where nothing simpler does the same. `most` and `least` bound the
    ratio to it, or a size where there is none; never a time alone."""

    name: str
    value: float
    unit: str
    floor: float | None
    most: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float | None:
        return round(self.value / self.floor, 2) if self.floor else None

    @property
    def is_kept(self) -> bool:
        bound = self.value if self.ratio is None else self.ratio
        return (self.most is None or bound <= self.most) and bound >= (self.least or 0)

    @property
    def line(self) -> str:
        floor = f"{self.floor:10.1f}" if self.floor else " " * 10
        ratio = "" if self.ratio is None else f"{self.ratio:8.2f}"
        bound = (
            f"at most {self.most}" if self.most else f"at least {self.least}" if self.least else ""
        )
        verdict = "" if self.is_kept else "  NOT KEPT"
        return f"{self.name:75} {self.value:11.1f} {self.unit:6} floor {floor} ratio {ratio:8} {bound}{verdict}"
