"""The checked rows as a page shows them: each cell with its problems beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.scheduler.lists import first_words
from app.spreadsheets import columns as c
from app.spreadsheets.bringing_in import Checked
from app.spreadsheets.lines import DRAFT, Choices

SHOWN = (c.TEXT, c.MOMENT, c.DATE, c.CLOCK, c.ZONE, c.CHANNELS, c.LABELS, c.CAMPAIGN, c.COMMENT)
RARELY = (c.MEDIA, c.ALT, c.OWN, c.THREAD)  # shown where a problem stands beside them


@dataclass(frozen=True)
class Cell:
    field: str
    words: str
    problems: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """One post to be. `due_at` is None for drafts and next free slots; `becomes` says which."""

    number: int
    cells: list[Cell]
    problems: Sequence[str]
    notices: Sequence[str]
    due_at: datetime | None
    becomes: str
    channels: Sequence[str]
    parts: int

    @property
    def is_fine(self) -> bool:
        return not self.problems and not any(cell.problems for cell in self.cells)


@dataclass(frozen=True)
class Preview:
    heads: list[str]
    rows: list[Shown]

    @property
    def bad(self) -> int:
        return sum(not row.is_fine for row in self.rows)

    @property
    def drafts(self) -> int:
        return sum(row.becomes == DRAFT for row in self.rows)

    @property
    def left_out(self) -> int:
        return sum(bool(row.notices) for row in self.rows)


def preview(lines: Sequence[Checked], choices: Choices) -> Preview:
    troubled = {name for one in lines for name in one.line.problems}
    wanted = (*SHOWN, *(name for name in RARELY if name in troubled))
    names = [name for name in wanted if name in choices.places]
    return Preview([c.FIELDS[name] for name in names], [_row(one, names) for one in lines])


def _row(one: Checked, names: Sequence[str]) -> Shown:
    line = one.line
    cells = [
        Cell(name, first_words(line.cells.get(name, "")), line.problems.get(name, ()))
        for name in names
    ]
    beside = {cell.field for cell in cells}
    others = [
        words for name, found in line.problems.items() if name not in beside for words in found
    ]
    return Shown(
        number=line.number,
        cells=cells,
        problems=others,
        notices=line.notices,
        due_at=one.due_at,
        becomes=DRAFT if line.action == DRAFT else "slot" if one.takes_slot else "scheduled",
        channels=one.names,
        parts=len(one.sheet.wording.shared.parts),
    )
