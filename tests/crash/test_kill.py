"""kill -9 of the publisher before, during and after the network call: nothing lost, nothing twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

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

MANY = 24


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A publisher and a clock as processes, and the application beside them. Who was killed in one
    test is followed by who is killed in the next."""
    folder = tmp_path_factory.mktemp("kill")
    with ExitStack() as stack:
        env = {"PUBLISH_LEASE_SECONDS": "3", "PUBLISH_SETTLE_SECONDS": "0.5"}
        server = valkey.start(folder / "queue")
        stack.callback(server.stop)
        env["REDIS_URL"] = server.url
        if request.param == "postgres":
            env["DATABASE_URL"] = stack.enter_context(postgres.database(f"k{time.time_ns()}"))
        running = Running(folder, env)
        stack.callback(running.stop)
        running.upgrade()
        running.start("publisher", "clock")
        with (
            running.application().app_context(),
            across_organizations("a test looks at everything"),
        ):
            stack.callback(db.engine.dispose)
            yield running


class Posts(NamedTuple):
    person: Person
    channel_id: int

    def published(self) -> int:
        with read_only():
            mine = db.select(db.func.count()).where(Delivery.channel_id == self.channel_id)
            count = db.session.scalar(mine.where(Delivery.state == "published")) or 0
            db.session.rollback()
        return count


def schedule(pds: Pds, proxy: FaultProxy) -> Posts:
    """Posts that are due now, each mentioning somebody, so that preparing asks the network."""
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
        write(member, made, f"{channel.id} {n}", clock.now())
    db.session.commit()
    return Posts(person, channel.id)


def until(true: Callable[[], bool], seconds: float = 60, pause: float = 0.02) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(pause)


def check(pds: Pds, posts: Posts) -> None:
    """0 lost, 0 doubled, and what we say is true."""
    until(lambda: posts.published() == MANY, pause=0.1)
    records = pds.records(posts.person.did)
    texts = Counter(record["value"]["text"] for record in records)
    assert texts == {f"Post {n} to @{posts.person.handle}": 1 for n in range(MANY)}
    mine = db.select(Delivery.external_id).where(Delivery.channel_id == posts.channel_id)
    assert set(db.session.scalars(mine)) == {record["uri"] for record in records}


def test_killed_before_the_network_call(engine: Running, pds: Pds, fault_proxy: FaultProxy) -> None:
    fault_proxy.on, fault_proxy.hold = "resolveHandle", 1.5
    posts = schedule(pds, fault_proxy)
    until(lambda: fault_proxy.counts["com.atproto.identity.resolveHandle"] >= 4)
    engine.kill("publisher")
    assert pds.records(posts.person.did) == []
    fault_proxy.hold = 0
    engine.start("publisher")
    check(pds, posts)


def test_killed_while_the_answers_were_on_their_way(
    engine: Running, pds: Pds, fault_proxy: FaultProxy
) -> None:
    fault_proxy.hold = 10
    posts = schedule(pds, fault_proxy)
    until(lambda: len(pds.records(posts.person.did)) >= 4)
    engine.kill("publisher")
    assert posts.published() == 0
    fault_proxy.hold = 0
    engine.start("publisher")
    check(pds, posts)


def test_killed_after_some_answers_were_read(
    engine: Running, pds: Pds, fault_proxy: FaultProxy
) -> None:
    posts = schedule(pds, fault_proxy)
    until(lambda: fault_proxy.counts["com.atproto.repo.putRecord"] >= 8)
    engine.kill("publisher")
    engine.start("publisher")
    check(pds, posts)


def test_replies_lost_errors_after_taking_and_garbage(
    engine: Running, pds: Pds, fault_proxy: FaultProxy
) -> None:
    fault_proxy.faults.extend(["lose", "error", "garbage", "pass", "lose"] * 4)
    posts = schedule(pds, fault_proxy)
    check(pds, posts)
    assert not fault_proxy.faults


def test_without_the_queue_the_clock_publishes_by_itself(
    engine: Running, pds: Pds, fault_proxy: FaultProxy
) -> None:
    """Last: the publisher stays away."""
    for name in ("publisher", "clock"):
        engine.kill(name)
    engine.env["REDIS_URL"] = "redis://127.0.0.1:1/0"
    posts = schedule(pds, fault_proxy)
    engine.start("clock")
    check(pds, posts)
