"""An engine with a seeded mistake is found out: a checker that never complains proves nothing."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.chaos.cells import Cell
from tests.chaos.conftest import Play
from tests.chaos.mutants import MUTANTS, QUICK, Look, Mutant
from tests.chaos.test_matrix import live

DATABASES = ("sqlite",)


def is_found(play: Play, look: Look) -> bool:
    if isinstance(look, Cell):
        return live(play(look.kind), look) != (look.end, {})
    try:
        look(play)
    except AssertionError:
        return True
    return False


def marked(mutant: Mutant) -> Any:
    marks = [] if mutant.name in QUICK else [pytest.mark.security_long]
    return pytest.param(mutant, id=mutant.name, marks=marks)


@pytest.mark.parametrize("mutant", [marked(mutant) for mutant in MUTANTS])
def test_a_seeded_mistake_is_found(play: Play, mutant: Mutant) -> None:
    with ExitStack() as stack:
        for change in mutant.patches():
            stack.enter_context(change)
        found = [is_found(play, look) for look in mutant.looks]
    assert any(found), f"an engine with {mutant.name!r} passes"


def test_there_are_enough_of_them() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 12
