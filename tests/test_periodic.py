"""What runs by itself: rung when its time has come, rung again when lost, never twice when done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app import periodic, queue
from app.periodic import Line
from tests.processes import of_its_own
from tests.times import Times

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that were rung for; the queue itself is left out."""
    names: list[str] = []

    def enqueue(job: Callable[..., Any], name: str, on: str) -> bool:
        assert (job, on) == (periodic.run, "default")
        names.append(name)
        return True

    monkeypatch.setattr(queue, "enqueue", enqueue)
    return names


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    did: list[str] = []
    day, week = timedelta(days=1), timedelta(days=7)
    lines = (
        Line("daily", day, lambda: did.append("daily")),
        Line("weekly", week, lambda: did.append("weekly"), at_once=False),
    )
    monkeypatch.setattr(periodic, "TABLE", lines)
    return did


def test_a_line_is_rung_for_once_done_once_and_again_after_its_span(
    times: Times, rung: list[str], done: list[str]
) -> None:
    periodic.ring_due(times.now)
    periodic.ring_due(times.go(seconds=5))
    assert rung == ["daily"], "the other one waits for its first week to pass"
    periodic.run("daily")
    assert done == ["daily"]
    periodic.ring_due(times.go(hours=23, minutes=59))
    assert rung == ["daily"]
    periodic.ring_due(times.go(minutes=2))
    assert rung == ["daily", "daily"]


def test_a_lost_ring_is_repeated(times: Times, rung: list[str], done: list[str]) -> None:
    periodic.ring_due(times.now)
    periodic.ring_due(times.go(minutes=9))
    assert rung == ["daily"]
    periodic.ring_due(times.go(minutes=2))
    assert rung == ["daily", "daily"]


def test_a_week_after_it_was_first_seen(times: Times, rung: list[str], done: list[str]) -> None:
    periodic.ring_due(times.now)
    periodic.ring_due(times.go(days=7))
    assert sorted(rung) == ["daily", "daily", "weekly"]


def test_a_line_that_fails_stays_due(
    times: Times, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("no mail server")

    monkeypatch.setattr(periodic, "TABLE", (Line("broken", timedelta(days=1), broken),))
    periodic.ring_due(times.now)
    with pytest.raises(OSError, match="no mail server"):
        periodic.run("broken")
    periodic.ring_due(times.go(minutes=11))
    assert rung == ["broken", "broken"]


def test_every_line_has_a_name_of_its_own_and_a_span() -> None:
    names = [line.name for line in periodic.TABLE]
    assert len(set(names)) == len(names)
    assert all(line.every >= timedelta(minutes=1) for line in periodic.TABLE)


def test_every_line_of_the_real_table_runs_twice_with_nobodys_scope() -> None:
    with of_its_own():
        for line in (*periodic.TABLE, *periodic.TABLE):
            periodic.run(line.name)
