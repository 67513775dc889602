"""What counting and linking a text give: plain values."""

from dataclasses import dataclass
from typing import NamedTuple


class Segment(NamedTuple):
    """A stretch of a text: kind is text, link, mention or tag."""

    kind: str
    text: str
    target: str


@dataclass(frozen=True)
class Count:
    """Characters as the network counts them; `problem` says so when there are too many."""

    used: int
    limit: int
    problem: str | None = None
