"""A short day of everything at once, on a real database with publishers that really die."""

from pathlib import Path

import pytest

from tests.chaos import application
from tests.chaos.day import Day

DATABASES = ("sqlite",)


@pytest.mark.security_long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_day_of_faults_loses_nothing_doubles_nothing_and_claims_nothing(
    tmp_path: Path, seed: int
) -> None:
    day = Day(application(tmp_path, f"sqlite:///{tmp_path}/chaos.db"), tmp_path, 200, seed)
    assert {name: what for name, what in day.run().items() if what} == {}
    assert day.shifts.tally.deaths > 5
