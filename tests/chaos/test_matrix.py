"""The directed matrix: one fault at one point for one class, and what it must come to."""

import pytest

from tests.chaos.cells import LONG, QUICK, Cell
from tests.chaos.conftest import Play
from tests.chaos.scene import Scene

DATABASES = ("sqlite",)


def live(stage: Scene, cell: Cell) -> tuple[tuple[str, str, int], dict[str, list[str]]]:
    """The fault, then time, the clock and publishers that meet nothing more; how the delivery ended
    and what the checker says."""
    channel = stage.connect(way=cell.way)
    parts = ("canary One", "canary Two", "canary Three")[: cell.parts]
    if cell.way != "plain":
        stage.go(1900)  # the keys are about to run out
    id = stage.write(*parts, channel=channel)
    stage.sweep()
    stage.publish(*cell.script)
    stage.settle(*cell.then, looks=9, sweeps=cell.sweeps)
    return stage.end(id), stage.violations()


@pytest.mark.parametrize("cell", QUICK, ids=str)
def test_a_fault_comes_to_what_the_table_says(play: Play, cell: Cell) -> None:
    assert live(play(cell.kind), cell) == (cell.end, {})


@pytest.mark.security_long
@pytest.mark.parametrize("cell", LONG, ids=str)
def test_every_other_fault_does_too(play: Play, cell: Cell) -> None:
    assert live(play(cell.kind), cell) == (cell.end, {})
