"""The fault runs hold on the real engine, and they do find an engine that guesses."""

from pathlib import Path
from typing import Any

import pytest

from app.networks import Refused, Unknown
from app.publishing import carrying, outcomes
from tests import chaos
from tests.chaos import Day, application


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The posts come within ten minutes; `make chaos` takes its time."""
    monkeypatch.setattr(chaos, "SPAN", 600)


def run(folder: Path, count: int = 40, seed: int = 7) -> dict[str, list[str]]:
    day = Day(application(folder, f"sqlite:///{folder}/chaos.db"), folder, count, seed)
    found = {name: what for name, what in day.run().items() if what}
    assert day.deaths > 3
    return found


@pytest.mark.slow
def test_a_day_of_faults_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    assert run(tmp_path) == {}


@pytest.mark.slow
def test_an_engine_that_takes_a_lost_reply_for_a_refusal_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guess(work: Any, result: Any) -> outcomes.Outcome:
        if isinstance(result, Unknown):
            result = Refused(result.reason, permanent=False)
        return outcomes.Outcome(work, result)

    monkeypatch.setattr(carrying, "Outcome", guess)
    assert "I2" in run(tmp_path)
