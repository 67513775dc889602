"""A shift that lasts: what is being uploaded keeps nobody waiting, and a clock that publishes by itself
stays a clock."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app import queue
from app.publishing import batches, claiming, clockwork, engine, outcomes
from app.publishing.models import Heartbeat
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from tests.publishing.double import DoubleNetwork
from tests.times import Times

DATABASES = ("sqlite",)
Deliver, Act = Callable[..., Delivery], Callable[[], None]


@pytest.fixture
def slow(network: DoubleNetwork, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Seconds that the preparing of posts with these words takes, by their text."""
    seconds: dict[str, float] = {}
    prepare = network.prepare

    async def prepares(web: Any, account: Any, grant: Any, piece: Any, *more: Any) -> Any:
        await asyncio.sleep(seconds.get(piece.text, 0))
        return await prepare(web, account, grant, piece, *more)

    monkeypatch.setattr(network, "prepare", prepares)
    return seconds


def test_a_long_upload_keeps_nobody_waiting(
    times: Times,
    deliver: Deliver,
    slow: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
) -> None:
    monkeypatch.setattr(engine, "SHIFT", 0.1)
    slow["A film"] = 1.5
    film = deliver(times.now, text="A film")
    began, quick = time.monotonic(), list[int]()

    def stopping() -> bool:
        if not quick and time.monotonic() - began > 0.4:
            quick.append(deliver(times.now, text="Quick").id)
        if time.monotonic() - began > 1.2:
            db.session.expire_all()
            assert db.session.get(Delivery, quick[0]).state == "published"
        return False

    engine.run_shift(stopping)
    db.session.expire_all()
    assert film.state == "published"


def test_after_its_minute_a_shift_begins_no_video(times: Times, deliver: Deliver, db: Any) -> None:
    film, words = deliver(times.now, text="A film"), deliver(times.now, text="Words")
    film.is_heavy = True
    db.session.commit()
    found = claiming.claim(times.now, timedelta(seconds=90), 10, heavy=False)
    assert [work.id for work in found] == [words.id]


def test_what_is_being_uploaded_stays_ours_however_long_it_takes(
    times: Times,
    deliver: Deliver,
    network: DoubleNetwork,
    slow: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
) -> None:
    monkeypatch.setattr(engine, "LOOK_AROUND", 0.0)
    slow["A film"] = 1.0
    film = deliver(times.now, text="A film")

    def stopping() -> bool:
        times.go(seconds=60)
        return False

    engine.run_shift(stopping)
    db.session.expire_all()
    assert (film.state, film.lease_token) == ("published", 1)
    assert network.calls.count("prepare") == 1


def test_a_clock_that_publishes_by_itself_stays_a_clock(
    times: Times,
    deliver: Deliver,
    slow: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
) -> None:
    """It shows signs of life and sees who died, also over a long upload."""
    monkeypatch.setattr(queue, "enqueue", lambda *_, **__: False)
    monkeypatch.setattr(engine, "LOOK_AROUND", 0.0)
    slow["A film"] = 0.8
    deliver(times.now, text="A film")
    orphan = deliver(times.now + timedelta(hours=1), text="Orphan")
    began = times.now

    def stopping() -> bool:
        if orphan.state == "scheduled":
            orphan.state, orphan.lease_until = "sending", times.now
            db.session.commit()
        times.go(seconds=1)
        return False

    clockwork.tick(0.0, stopping)
    db.session.expire_all()
    assert db.session.get(Heartbeat, "clock").at > began
    assert orphan.state == "published", "its sender died, which was seen beside the upload"


def test_a_clock_that_publishes_by_itself_stops_when_told(
    times: Times,
    deliver: Deliver,
    network: DoubleNetwork,
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
) -> None:
    monkeypatch.setattr(queue, "enqueue", lambda *_, **__: False)
    delivery = deliver(times.now)
    clockwork.tick(0.0, lambda: True)
    db.session.expire_all()
    assert (delivery.state, network.calls) == ("scheduled", [])


def test_an_answer_outlives_a_database_that_was_away(
    times: Times, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:
    """A network that can't be asked is not asked of a person for it."""
    monkeypatch.setattr(batches, "PAUSE", 0.01)
    whole, left = outcomes.record, [3]

    def record(*args: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise OperationalError("", {}, OSError("the line is gone"))
        return whole(*args)

    monkeypatch.setattr(outcomes, "record", record)
    delivery = deliver(times.now)
    engine.run_shift()
    db.session.expire_all()
    assert delivery.state == "published"
    assert [attempt.state for attempt in delivery.attempts] == ["accepted"]


def test_who_stood_still_sends_nothing_beside_who_took_it_since(
    times: Times, deliver: Deliver, db: Any
) -> None:
    """Both may come to their intent in the same moment, in one process."""
    deliver(times.now)
    lease = timedelta(seconds=90)
    [slow] = claiming.claim(times.now, lease, 1)
    times.go(seconds=91)
    [fresh] = claiming.claim(times.now, lease, 1)
    for work in (slow, fresh):
        work.is_prepared, work.record = True, {"pieces": []}
    db.session.commit()
    stays, leaves = engine._write_intents([slow, fresh])
    assert (stays, leaves is None) == (None, False)
    assert db.session.scalars(db.select(Attempt.fence)).all() == [fresh.fence]
