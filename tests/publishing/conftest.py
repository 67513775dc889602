"""The engine with a network that is a double, and a clock that tests can set."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from app import clock
from app.networks import registry
from app.publishing import clockwork, engine
from app.publishing.breaker import Breaker
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork


@pytest.fixture(autouse=True)
def breaker(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    """A new one for each test: the publisher's own counts for as long as its process lives."""
    made = Breaker()
    monkeypatch.setattr(engine, "BREAKER", made)
    return made


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[DoubleNetwork]:
    double = DoubleNetwork()
    monkeypatch.setitem(registry.NETWORKS, "double", double)
    yield double


@pytest.fixture
def deliver(db: Any, network: DoubleNetwork) -> Callable[..., Delivery]:
    """A delivery of Alice's to the double."""

    def made(due_at: datetime, text: str = "Hello", channel: Any = None) -> Delivery:
        user = make.alice()
        channel = channel or make.channel(user, "double")
        return make.post(user, channel, text=text, due_at=due_at).deliveries[0]

    return made


@pytest.fixture
def sweep(db: Any) -> Callable[[], None]:
    def run() -> None:
        clockwork.sweep(clock.now())
        db.session.commit()

    return run


@pytest.fixture
def publish(db: Any) -> Callable[[], None]:
    def run() -> None:
        engine.run_shift()
        db.session.expire_all()

    return run
