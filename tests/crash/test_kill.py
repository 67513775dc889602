"""kill -9 of the publisher before, during and after the network call: nothing lost, nothing twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.channels.connecting import attach, introduce
from app.db import db, read_only
from app.networks import Refused
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from app.scope import across_organizations
from dev import valkey
from tests import make
from tests.servers import postgres
from tests.servers.app_processes import Running
from tests.servers.fault_proxy import FaultProxy
from tests.servers.pds import Pds, Person

MANY = 50


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Running, Flask]]:
    """A publisher and a clock as processes, and the application beside them."""
    with ExitStack() as stack:
        env = {"PUBLISH_LEASE_SECONDS": "3", "PUBLISH_SETTLE_SECONDS": "0.5"}
        server = valkey.start(tmp_path / "queue")
        stack.callback(server.stop)
        env["REDIS_URL"] = server.url
        if request.param == "postgres":
            env["DATABASE_URL"] = stack.enter_context(postgres.database(f"k{time.time_ns()}"))
        running = Running(tmp_path, env)
        stack.callback(running.stop)
        running.upgrade()
        app = running.application()
        with app.app_context(), across_organizations("a test looks at everything"):
            stack.callback(db.engine.dispose)
            yield running, app


def schedule(pds: Pds, proxy: FaultProxy) -> Person:
    """Fifty posts that are due now, each mentioning somebody, so that preparing asks the network."""
    person = pds.make_account("killed")
    alice = make.alice()
    answers = {"handle": person.handle, "app_password": person.app_password, "host": proxy.url}
    opened = introduce("bluesky", answers)
    assert not isinstance(opened, Refused)
    member = make.member(alice)
    channel = attach(member, *opened, clock.now())
    for n in range(MANY):
        text = f"Post {n} to @{person.handle}"
        made = Composition(text, (channel,), (), clock.now(), "", "UTC")
        write(member, made, f"n{n}", clock.now())
    db.session.commit()
    return person


def until(true: Callable[[], bool], seconds: float = 40, pause: float = 0.02) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(pause)


def published() -> int:
    with read_only():
        chosen = db.select(db.func.count()).where(Delivery.state == "published")
        count = db.session.scalar(chosen) or 0
        db.session.rollback()
    return count


def check(pds: Pds, person: Person) -> None:
    """0 lost, 0 doubled, and what we say is true."""
    until(lambda: published() == MANY, pause=0.2)
    records = pds.records(person.did)
    texts = Counter(record["value"]["text"] for record in records)
    assert texts == {f"Post {n} to @{person.handle}": 1 for n in range(MANY)}
    ids = set(db.session.scalars(db.select(Delivery.external_id)))
    assert ids == {record["uri"] for record in records}


def test_killed_before_the_network_call(
    engine: tuple[Running, Flask], pds: Pds, fault_proxy: FaultProxy
) -> None:
    running, _ = engine
    fault_proxy.on, fault_proxy.hold = "resolveHandle", 1.5
    person = schedule(pds, fault_proxy)
    running.start("publisher", "clock")
    until(lambda: fault_proxy.counts["com.atproto.identity.resolveHandle"] >= 4)
    running.kill("publisher")
    assert pds.records(person.did) == []
    fault_proxy.hold = 0
    running.start("publisher")
    check(pds, person)


def test_killed_while_the_answers_were_on_their_way(
    engine: tuple[Running, Flask], pds: Pds, fault_proxy: FaultProxy
) -> None:
    running, _ = engine
    fault_proxy.hold = 10
    person = schedule(pds, fault_proxy)
    running.start("publisher", "clock")
    until(lambda: len(pds.records(person.did)) >= 4)
    running.kill("publisher")
    assert published() == 0
    fault_proxy.hold = 0
    running.start("publisher")
    check(pds, person)


def test_killed_after_some_answers_were_read(
    engine: tuple[Running, Flask], pds: Pds, fault_proxy: FaultProxy
) -> None:
    running, _ = engine
    person = schedule(pds, fault_proxy)
    running.start("publisher", "clock")
    until(lambda: fault_proxy.counts["com.atproto.repo.putRecord"] >= 15)
    running.kill("publisher")
    running.start("publisher")
    check(pds, person)


def test_replies_lost_errors_after_taking_and_garbage(
    engine: tuple[Running, Flask], pds: Pds, fault_proxy: FaultProxy
) -> None:
    running, _ = engine
    person = schedule(pds, fault_proxy)
    fault_proxy.faults.extend(["lose", "error", "garbage", "pass", "lose"] * 8)
    running.start("publisher", "clock")
    check(pds, person)


def test_without_the_queue_the_clock_publishes_by_itself(
    engine: tuple[Running, Flask], pds: Pds, fault_proxy: FaultProxy
) -> None:
    running, _ = engine
    running.env["REDIS_URL"] = "redis://127.0.0.1:1/0"
    person = schedule(pds, fault_proxy)
    running.start("clock")
    check(pds, person)
