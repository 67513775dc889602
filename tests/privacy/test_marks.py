"""What the marks bring about is what tests/privacy/kept.py lists, and no mark is decoration."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.db import db as database
from tests.privacy import effects, mutants
from tests.privacy.scene import build

ROOT = Path(__file__).resolve().parents[2]
SEED, QUICK = 20261125, 80


@pytest.mark.proves("P8.1", "P8.4")
def test_a_copy_holds_all_but_what_is_listed(db: object) -> None:
    assert list(effects.copy_faults(build())) == []


@pytest.mark.proves("P8.3", "P6.2")
def test_an_erasure_leaves_what_is_listed(db: object) -> None:
    assert list(effects.erasure_faults(build())) == []


@pytest.mark.proves("P6.2")
def test_time_empties_what_is_listed() -> None:
    assert list(effects.period_faults()) == []


def test_an_address_finds_what_is_listed(db: object) -> None:
    assert list(effects.address_faults()) == []


def test_an_address_ends_as_is_listed(db: object) -> None:
    assert list(effects.outsider_faults()) == []


@pytest.mark.proves("P7.3")
def test_what_is_sealed_is_listed() -> None:
    assert list(effects.sealed_faults()) == []


def test_what_can_be_changed_says_where() -> None:
    assert list(effects.correction_faults()) == []


@pytest.mark.proves("P1.0", "P6.2", "P8.3", "P8.4")
@pytest.mark.parametrize(
    "count", [QUICK, pytest.param(None, marks=pytest.mark.security_long)], ids=["some", "all"]
)
def test_a_mark_that_is_changed_makes_a_test_fail(
    db: object, figure: Callable[[str, str], None], count: int | None
) -> None:
    """On one database; the plans are the same on both."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("marks are the same on every database")
    every = list(mutants.mutants())
    killers, left = mutants.judge(mutants.sample(SEED, count) if count else every, build())
    killed = sum(killers.values())
    figure("marks changed, and noticed", f"{killed} of {killed + len(left)}, out of {len(every)}")
    print(mutants.told(killers, left))
    assert left == []


def test_what_is_said_to_notice_is_a_test() -> None:
    for name in mutants.CHECKS:
        path, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text(), name
