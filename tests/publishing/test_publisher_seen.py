"""A publisher that is dead is told, and an idle instance raises no alarm."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import doctor, queue
from app.publishing import canary, clockwork, health, sweeping
from app.scheduler.models import Delivery
from tests import make
from tests.times import Times

DATABASES = ("sqlite",)
Act = Callable[[], None]
Deliver = Callable[..., Delivery]
SILENT = "The publisher does not answer; posts wait"


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """A queue that takes every ring, which nobody hears."""
    known = {"is_away": False}
    monkeypatch.setattr(queue, "is_away", lambda now: known["is_away"])
    monkeypatch.setattr(queue, "enqueue", lambda *given, **more: True)
    return known


def tick(times: Times, **ahead: int) -> None:
    times.go(**ahead)
    clockwork.tick(0.0)


def beat(times: Times, db: Any) -> None:
    sweeping.beat("publisher", times.now)
    db.session.commit()


def planned(times: Times, db: Any) -> None:
    """A test post, due by now."""
    canary.plan(times.now, timedelta(minutes=5))
    db.session.commit()
    times.go(seconds=4)


def faults(times: Times) -> list[str]:
    return [one.part for one in doctor.look_at_clock(times.now) if not one.is_well]


def test_a_test_post_that_nobody_takes_means_that_the_publisher_is_dead(
    times: Times, client: FlaskClient, anonymous: FlaskClient, db: Any
) -> None:
    beat(times, db)
    planned(times, db)
    tick(times, seconds=50)
    assert health.look(times.now).is_well, "it may still come"
    tick(times, seconds=20)
    engine = health.look(times.now)
    assert engine.is_ticking and engine.is_silent and not engine.is_well
    page = client.get("/queue").text
    assert SILENT in page and "nobody took the last test post" in page
    assert "The clock ran" not in page
    assert SILENT in client.get("/account").text
    assert faults(times) == ["publisher"]
    make.sign_in(anonymous, make.operator())
    assert "74 s ago and does not answer" in anonymous.get("/operator").text


def test_it_is_well_again_as_soon_as_it_is_seen(times: Times, client: FlaskClient, db: Any) -> None:
    planned(times, db)
    tick(times, minutes=2)
    assert SILENT in client.get("/queue").text
    beat(times, db)
    assert SILENT not in client.get("/queue").text
    assert faults(times) == []


def test_an_idle_instance_raises_no_alarm(times: Times, client: FlaskClient, db: Any) -> None:
    """Rung for a test post every five minutes, or without test posts for nothing at all."""
    beat(times, db)
    tick(times, days=2)
    assert health.look(times.now).is_well and faults(times) == []
    assert "The publisher was at work 2880 min ago" in client.get("/queue").text


def test_a_clock_that_publishes_by_itself_is_enough(
    times: Times, publish: Act, client: FlaskClient, db: Any
) -> None:
    planned(times, db)
    publish()  # as the clock does while the queue is away: it takes the test post
    tick(times, minutes=2)
    assert health.look(times.now).publisher_seconds_ago is None
    assert SILENT not in client.get("/queue").text and faults(times) == []


def test_what_is_due_and_taken_by_nobody_is_a_fault_also_without_test_posts(
    times: Times, deliver: Deliver, reachable: dict[str, bool], db: Any
) -> None:
    deliver(times.now)
    tick(times, seconds=100)
    assert faults(times) == []
    tick(times, seconds=30)
    assert faults(times) == ["publisher"]
    reachable["is_away"] = True
    assert faults(times) == [], "the clock is at it"
    reachable["is_away"] = False
    beat(times, db)
    assert faults(times) == [], "it came"


def test_what_waits_for_its_channel_is_no_sign_of_a_dead_publisher(
    times: Times, deliver: Deliver, db: Any
) -> None:
    """After an outage one a minute leaves: nobody is rung for those whose turn it is not."""
    delivery = deliver(times.now)
    beat(times, db)
    tick(times, minutes=10)
    assert faults(times) == ["publisher"]
    delivery.channel.sent_at = times.now
    db.session.commit()
    assert faults(times) == []
