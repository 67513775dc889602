"""The checker of long runs sees an engine that gives posts up with a polite reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from tests import make
from tests.chaos.causes import TRIES, Causes
from tests.chaos.truth import DEEDS, Truth

DATABASES = ("sqlite",)
Given = Callable[[Truth, Delivery], Any]


@pytest.fixture
def delivery(db: Any) -> Delivery:
    alice = make.alice()
    return make.post(alice, make.channel(alice), due_at=clock.now()).deliveries[0]


def told(truth: Truth, db: Any) -> list[str]:
    db.session.flush()
    lost = (clock.now(), clock.now()) if truth.lines("backup") else None
    return list(Causes(truth, lost).missing(list(db.session.scalars(db.select(Delivery)))))


def tries(delivery: Delivery, count: int, state: str) -> None:
    delivery.attempts += [
        Attempt(
            n=n, fence=n, state=state, key="k", content_hash="", answer="", started_at=clock.now()
        )
        for n in range(1, count + 1)
    ]


CAUSES: list[tuple[str, str, Given]] = [
    ("failed", "", lambda truth, one: truth.note("a", refused=one.id)),
    ("failed", "", lambda truth, one: tries(one, TRIES, "not_sent")),
    ("failed", "poison", lambda truth, one: [truth.note(DEEDS, troubled=n) for n in range(3)]),
    ("held", "needs_decision", lambda truth, one: tries(one, 1, "unknown")),
    ("held", "restore", lambda truth, one: truth.note("backup", back=True)),
    ("cancelled", "", lambda truth, one: truth.note(DEEDS, cancelled=one.post_id)),
    ("held", "late", lambda truth, one: truth.note(DEEDS, decided=one.id)),
]


@pytest.mark.parametrize(("state", "hold", "cause"), CAUSES)
def test_what_is_given_up_needs_a_cause(
    delivery: Delivery, tmp_path: Path, db: Any, state: str, hold: str, cause: Given
) -> None:
    truth = Truth(tmp_path / "truth")
    delivery.state, delivery.hold = state, hold
    delivery.reason = "The network was not in the mood."
    assert told(truth, db) == [
        f"delivery {delivery.id} is {state} {hold} for nothing: The network was not in the mood."
    ]
    cause(truth, delivery)
    assert told(truth, db) == []


def test_what_went_out_needs_none(delivery: Delivery, tmp_path: Path, db: Any) -> None:
    delivery.state = "published"
    assert told(Truth(tmp_path / "truth"), db) == []
