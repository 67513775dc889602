"""When a network is asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics import timetable
from app.analytics.timetable import FREE, METERED, first_look, next_look
from app.networks.registry import ALL, NETWORKS

BORN = datetime(2026, 3, 27, 9, 30, tzinfo=UTC)


def hours(**age: float) -> float | None:
    """From a look at that age to the next one."""
    now = BORN + timedelta(**age)
    found = next_look(FREE, BORN, now)
    return found and (found - now) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        ({"minutes": 1}, 1),
        ({"hours": 23.9}, 1),
        ({"hours": 24}, 6),
        ({"days": 6.9}, 6),
        ({"days": 7}, 24),
        ({"days": 29.9}, 24),
        ({"days": 30}, 7 * 24),
        ({"days": 89}, 24),  # the last look is at the very end
        ({"days": 90}, None),
        ({"days": 400}, None),
    ],
)
def test_looks_get_rarer_with_age(age: dict[str, float], wait: float | None) -> None:
    assert hours(**age) == wait


def test_looks_get_rarer_while_nothing_changes() -> None:
    waits = []
    for unchanged in range(10):
        found = next_look(FREE, BORN, BORN + timedelta(hours=2), unchanged)
        assert found
        waits.append((found - BORN) / timedelta(hours=1) - 2)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 168, 168]


@given(st.lists(st.integers(0, 5), max_size=400), st.sampled_from([FREE, METERED]))
def test_a_timetable_comes_to_its_end_and_never_stands_still(
    changes: list[int], rungs: tuple[timetable.Rung, ...]
) -> None:
    at, looks = first_look(rungs, BORN, BORN), 0
    while at is not None and looks < 500:
        looks += 1
        after = next_look(rungs, BORN, at, changes[looks % len(changes)] if changes else 0)
        assert after is None or at < after <= BORN + rungs[-1].age
        at = after
    assert at is None
    assert looks <= (90 if rungs is FREE else 13)


def test_a_post_from_before_is_looked_at_at_once_or_never() -> None:
    now = BORN + timedelta(days=3)
    assert first_look(FREE, BORN, now) == now
    assert first_look(FREE, BORN, BORN + timedelta(days=90)) is None
    assert first_look((), BORN, now) is None


def test_only_who_tells_something_is_asked() -> None:
    silent = {one.slug for one in ALL if not timetable.of(one)}
    assert silent == {"pinterest", "slack", "telegram", "webhook"}
    assert timetable.of(NETWORKS["x"]) == METERED
