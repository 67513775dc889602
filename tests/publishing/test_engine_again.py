"""What was prepared ages, what never arrives ends, and what rests keeps nobody else from going."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app import storage
from app.account.models import Organization
from app.channels.models import Channel
from app.networks import Refused, Unknown
from app.publishing import claiming, clockwork, engine, gaps, pieces
from app.publishing.breaker import ERRORS, Breaker
from app.scheduler import composing
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Deliver, Act = Callable[..., Delivery], Callable[[], None]


def test_what_a_person_sends_again_is_prepared_anew(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    """Networks forget uploads, and our addresses for media end, after a day."""
    network.faults.append(Refused("Not today.", permanent=True))
    delivery = deliver(times.now)
    publish()
    assert (delivery.state, network.calls) == ("failed", ["prepare", "publish"])
    times.go(days=2)
    composing.release(delivery.post, make.member(make.alice()), times.now)
    db.session.commit()
    publish()
    assert delivery.state == "published"
    assert network.calls == ["prepare", "publish"] * 2


def test_a_picture_that_is_gone_is_told_in_words(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def gone(*_: Any) -> Any:
        raise FileNotFoundError("assets/1/x")

    monkeypatch.setattr(pieces, "cut", gone)
    delivery = deliver(times.now)
    publish()
    assert (delivery.state, network.calls) == ("failed", [])
    assert "picture or video" in delivery.reason


def test_what_never_arrives_is_given_up_after_eight_tries(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    network.faults.extend(["drop"] * 30)
    delivery = deliver(times.now)
    db.session.get(Organization, delivery.organization_id).late_after = 0
    db.session.commit()
    for _ in range(60):
        publish()
        times.go(minutes=31)
    assert delivery.state == "failed"
    assert network.calls.count("publish") == 8
    assert {attempt.state for attempt in delivery.attempts} == {"absent"}
    assert "8 times" in delivery.reason


def test_a_crowd_for_a_resting_server_keeps_nobody_else_waiting(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    db: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claiming, "POOL", 3)
    monkeypatch.setattr(engine, "BREAKER", breaker := Breaker())
    for number in range(3):
        deliver(
            times.now - timedelta(minutes=1), channel=channel(db, number, "https://away.example")
        )
    other = deliver(times.now, channel=make.channel(make.alice(), "double", "other"))
    for _ in range(ERRORS):
        breaker.note(("double", "https://away.example"), Unknown("Lost."), times.now)
    publish()
    assert (other.state, network.calls.count("publish")) == ("published", 1)


def channel(db: Any, number: int, host: str) -> Channel:
    made = make.channel(make.alice(), "double", f"c{number}")
    made.host = host
    db.session.commit()
    return made


def test_a_full_disk_does_not_stop_the_clock(
    times: Times, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "keep_at", full)
    clockwork.wake_up(times.now)
    storage.discard(gaps.MARK)
