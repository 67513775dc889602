"""After a restore nothing goes out twice; a copy of the database posts nothing; told to stop, the
publisher is gone within its time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import storage
from app.channels.models import ChannelGrant
from app.db import db as database
from app.networks import Grant, Idempotency, Published, Refused
from app.publishing import claiming, clockwork, clones, decisions, engine, gaps, sweeping
from app.publishing.models import EngineGap, Heartbeat, Instance
from app.scheduler import composing
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.words import PostWords
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Deliver, Act = Callable[..., Delivery], Callable[[], None]


@pytest.fixture
def wake(db: Any, times: Times) -> Iterator[Act]:
    """The clock's first look, and its sign of life."""
    storage.discard(gaps.MARK)

    def run() -> None:
        clockwork.wake_up(times.now)
        sweeping.beat("clock", times.now)
        db.session.commit()

    yield run
    storage.discard(gaps.MARK)


def kinds(db: Any) -> list[str]:
    return list(db.session.scalars(db.select(EngineGap.kind).order_by(EngineGap.id)))


def test_a_rest_is_an_outage_and_a_database_put_back_is_a_restore(
    times: Times, wake: Act, db: Any
) -> None:
    wake()
    times.go(minutes=4)
    wake()
    assert kinds(db) == []
    times.go(hours=1)
    wake()
    assert kinds(db) == ["outage"]
    storage.keep_at(
        gaps.MARK, [b'{"at": "%s"}' % (times.now + timedelta(hours=1)).isoformat().encode()]
    )
    times.go(hours=2)
    wake()
    assert kinds(db) == ["outage", "restore"]


def test_a_missing_mark_means_a_restore(times: Times, wake: Act, db: Any) -> None:
    wake()
    storage.discard(gaps.MARK)
    times.go(hours=1)
    wake()
    assert kinds(db) == ["restore"]


@pytest.mark.parametrize("kind", [Idempotency.EXACT, Idempotency.KEY, Idempotency.LIST])
def test_what_went_out_after_the_backup_is_found_and_not_sent(
    times: Times, deliver: Deliver, publish: Act, wake: Act, network: DoubleNetwork, kind: Any
) -> None:
    network.idempotency = kind
    wake()
    delivery = deliver(times.now + timedelta(minutes=10))
    network.find_faults.append(Published("77", "https://double.example/77"))
    times.go(minutes=20)
    wake()
    publish()
    assert (delivery.state, delivery.external_id) == ("published", "77")
    assert "publish" not in network.calls


def test_what_never_went_out_is_sent_after_two_looks(
    times: Times, deliver: Deliver, publish: Act, wake: Act, network: DoubleNetwork
) -> None:
    network.idempotency = Idempotency.LIST
    wake()
    delivery = deliver(times.now + timedelta(minutes=10))
    times.go(minutes=20)
    wake()
    publish()
    assert (delivery.state, network.calls.count("publish")) == ("confirming", 0)
    times.go(seconds=61)
    publish()
    assert (delivery.state, network.calls.count("find")) == ("published", 2)


def test_where_nobody_can_ask_a_restore_holds_and_an_outage_does_not(
    times: Times,
    deliver: Deliver,
    publish: Act,
    sweep: Act,
    wake: Act,
    network: DoubleNetwork,
) -> None:
    network.idempotency = Idempotency.BLIND
    wake()
    rested = deliver(times.now + timedelta(minutes=10))
    times.go(minutes=20)
    wake()
    sweep()
    publish()
    assert rested.state == "published"
    restored = deliver(times.now + timedelta(minutes=10), text="Second")
    storage.discard(gaps.MARK)
    times.go(minutes=20)
    wake()
    sweep()
    publish()
    assert (restored.state, restored.hold) == ("held", "restore")
    assert "can't be asked" in restored.reason
    assert network.calls.count("publish") == 1


def test_what_is_too_late_after_a_restore_may_be_out_already(
    times: Times,
    deliver: Deliver,
    publish: Act,
    sweep: Act,
    wake: Act,
    network: DoubleNetwork,
    db: Any,
) -> None:
    network.idempotency = Idempotency.LIST
    wake()
    before = deliver(times.now + timedelta(minutes=10))
    storage.discard(gaps.MARK)
    times.go(hours=5)
    wake()
    sweep()
    db.session.expire_all()
    assert (before.state, before.hold) == ("held", "restore")
    assert "may have gone out already" in before.reason
    after = deliver(times.now + timedelta(minutes=1), text="Second")
    times.go(hours=3)
    sweep()
    db.session.expire_all()
    assert (after.state, after.hold) == ("held", "late")


@pytest.mark.parametrize(
    "trouble",
    [
        Refused("The permission was taken back.", reconnect=True),
        Refused("The picture is too large.", permanent=True),
    ],
)
def test_what_could_not_be_asked_about_after_a_restore_is_not_offered_as_never_sent(
    times: Times,
    deliver: Deliver,
    publish: Act,
    wake: Act,
    network: DoubleNetwork,
    db: Any,
    trouble: Refused,
) -> None:
    wake()
    delivery = deliver(times.now + timedelta(minutes=10))
    storage.discard(gaps.MARK)
    times.go(minutes=20)
    wake()
    network.prepare_faults.append(trouble)
    publish()
    assert (delivery.state, delivery.hold) == ("held", "restore")
    assert delivery.reason.startswith(trouble.reason)
    with pytest.raises(composing.Leaving, match="Needs your eyes"):
        composing.release(delivery.post, make.member(make.alice()), times.now)
    db.session.rollback()
    decisions.decide(delivery, make.member(make.alice()), "again", "", times.now)
    db.session.commit()
    later = times.now + timedelta(hours=1)
    composing.move(delivery.post, make.member(make.alice()), later, "", "UTC", times.now)
    assert delivery.state == "scheduled"


def test_nor_what_its_sender_died_of_again_and_again(
    times: Times, deliver: Deliver, sweep: Act, wake: Act, db: Any
) -> None:
    wake()
    delivery = deliver(times.now + timedelta(minutes=10))
    storage.discard(gaps.MARK)
    times.go(minutes=20)
    wake()
    delivery.claims = claiming.POISON
    sweep()
    assert (delivery.state, delivery.hold) == ("held", "restore")
    assert "on the network" not in delivery.reason


def test_a_yes_may_have_come_after_the_backup(
    times: Times, deliver: Deliver, sweep: Act, wake: Act, network: DoubleNetwork, db: Any
) -> None:
    wake()
    timed, at_once = deliver(times.now + timedelta(minutes=10)), deliver(times.now, text="Second")
    later = deliver(times.now + timedelta(hours=1), text="Third")
    for one in (timed, at_once, later):
        one.needs_approval, one.state = True, "pending_approval"
    at_once.due_at = None
    storage.discard(gaps.MARK)
    times.go(minutes=20)
    wake()
    sweep()
    db.session.expire_all()
    assert [(one.state, one.hold) for one in (timed, at_once, later)] == [
        ("held", "restore"),
        ("held", "restore"),
        ("pending_approval", ""),
    ]


def test_the_next_part_of_a_thread_is_asked_about_too(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, wake: Act, network: DoubleNetwork, db: Any
) -> None:  # fmt: skip
    """The backup was made when its sender was between two parts."""
    network.idempotency = Idempotency.EXACT
    delivery = deliver(times.now)
    delivery.post.words.append(PostWords(kind="part", place=1, text="Second"))
    db.session.commit()
    publish()
    sent = network.calls.count("publish")
    assert (delivery.state, sent) == ("published", 2)
    storage.discard(gaps.MARK)
    wake()
    db.session.execute(db.delete(Attempt).where(Attempt.step == 1))
    first = delivery.steps[:1]
    delivery.state, delivery.steps, delivery.tries = "sending", first, 1
    delivery.external_id, delivery.remote_key, delivery.remote_at = first[0]["id"], None, None
    storage.discard(gaps.MARK)
    db.session.commit()
    times.go(minutes=20)
    wake()
    sweep()
    publish()
    assert (delivery.state, network.calls.count("publish")) == ("published", sent)


@pytest.fixture
def named(app: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets INSTANCE_ID."""
    settings = app.config["SETTINGS"]

    def name(text: str) -> None:
        monkeypatch.setitem(
            app.config, "SETTINGS", settings.model_copy(update={"instance_id": text})
        )

    yield name
    db.session.rollback()
    db.session.execute(db.delete(Instance))
    db.session.commit()


def test_a_copy_of_the_database_posts_nothing_until_a_person_says_so(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    named: Callable[[str], None],
    db: Any,
) -> None:
    named("production")
    clones.claim_database()
    db.session.commit()
    delivery = deliver(times.now)
    named("staging")
    clones.claim_database()
    publish()
    assert (delivery.state, network.calls) == ("scheduled", [])
    clones.adopt("staging")
    db.session.commit()
    publish()
    assert delivery.state == "published"


def test_told_to_stop_the_publisher_leaves_in_time_and_guesses_nothing(
    times: Times,
    deliver: Deliver,
    network: DoubleNetwork,
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
) -> None:
    monkeypatch.setattr(engine, "LAST", 0.3)
    network.latency = 60.0
    delivery = deliver(times.now)
    began = time.monotonic()
    engine.run_shift(lambda: time.monotonic() - began > 0.2)
    assert time.monotonic() - began < 5
    db.session.expire_all()
    assert (delivery.state, delivery.lease_until) == ("confirming", None)
    assert [attempt.state for attempt in delivery.attempts] == ["unknown"]


def test_told_to_stop_it_still_reads_the_answer_to_a_renewal(
    times: Times,
    deliver: Deliver,
    network: DoubleNetwork,
    monkeypatch: pytest.MonkeyPatch,
    db: Any,
) -> None:
    monkeypatch.setattr(engine, "LAST", 0.1)
    delivery = deliver(times.now)
    grant = db.session.get_one(ChannelGrant, delivery.channel_id)
    grant.expires_at = times.now
    db.session.commit()

    async def slow(*_: Any) -> Grant:
        await asyncio.sleep(0.8)
        return Grant({"token": "fresh"}, times.now + timedelta(days=1))

    monkeypatch.setattr(network, "refresh", slow)
    began = time.monotonic()
    engine.run_shift(lambda: time.monotonic() - began > 0.1)
    db.session.expire_all()
    assert grant.open().secrets["token"] == "fresh"
    assert delivery.state == "scheduled"


def test_after_a_restore_nobody_moves_what_may_be_out_until_the_network_was_asked(
    times: Times, deliver: Deliver, publish: Act, wake: Act, network: DoubleNetwork, db: Any
) -> None:
    wake()
    delivery = deliver(times.now + timedelta(minutes=10))
    storage.discard(gaps.MARK)
    times.go(minutes=20)
    wake()
    member, later = make.member(make.alice()), times.now + timedelta(hours=1)
    with pytest.raises(composing.Leaving, match="asking the network"):
        composing.move(delivery.post, member, later, "", "UTC", times.now)
    db.session.rollback()
    network.find_faults.append(Published("77", "https://double.example/77"))
    publish()
    assert (delivery.state, delivery.external_id) == ("published", "77")
    assert "publish" not in network.calls


def test_the_first_beats_of_two_publishers_are_one_row(app: Flask, db: Any, times: Times) -> None:
    """The first one that is written is not committed before the second one is on its way."""
    database.session.rollback()

    def beat() -> None:
        with app.app_context():
            sweeping.beat("publisher", times.now, 1.0)
            database.session.commit()
            database.session.remove()

    with ThreadPoolExecutor(1) as second:
        sweeping.beat("publisher", times.now, 2.0)
        late = second.submit(beat)
        time.sleep(0.2)
        database.session.commit()
        late.result(20)
    database.session.rollback()
    assert database.session.scalar(select(Heartbeat.skew)) == 1.0
