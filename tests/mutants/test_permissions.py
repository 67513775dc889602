"""The matrix of doors is worth what it notices: every permission is taken off once, and missed."""

import random
from pathlib import Path

import pytest
from flask import Flask

from tests.doors.world import build
from tests.mutants import killing
from tests.mutants.permissions import EQUIVALENT, NAMED, Trying, openings, survivors

SEED, QUICK = 20261125, 12


@pytest.mark.proves("P7.1")
def test_a_permission_that_is_gone_is_missed(app: Flask, db: object) -> None:
    every = [one for one in openings(app) if str(one) not in EQUIVALENT.keys() | NAMED.keys()]
    left = survivors(Trying(app, build()), random.Random(SEED).sample(every, QUICK))
    assert not left, "\n".join(["", *left])


@pytest.mark.security_long
@pytest.mark.proves("P7.1")
def test_every_permission_that_is_gone_is_missed(app: Flask, db: object, tmp_path: Path) -> None:
    every = list(openings(app))
    left = set(survivors(Trying(app, build()), every))
    assert left <= EQUIVALENT.keys() | NAMED.keys(), "\n".join(sorted(left))
    assert left == EQUIVALENT.keys() | NAMED.keys(), "the doors notice some that are listed"
    assert killing.survivors(NAMED, tmp_path) == []
    total = len(every) - len(EQUIVALENT)
    print(
        f"permissions: {total} of {total} killed, {len(NAMED)} by name; {len(EQUIVALENT)} equivalent"
    )
