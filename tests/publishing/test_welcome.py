"""Who may send, and when: budgets, turns, spacing after an outage, servers that rest, poison."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from app import http
from app.networks import Published, Refused, Unknown
from app.publishing import budgets, claiming, engine, turns
from app.publishing.breaker import ERRORS, Breaker
from app.publishing.budgets import Told
from app.publishing.models import Budget
from app.scheduler import composing
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Deliver, Act = Callable[..., Delivery], Callable[[], None]
LEASE = timedelta(seconds=90)


def answer(status: int = 200, **headers: str) -> http.Answer:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return http.Answer(status, named, b"", "https://network.example/")


@pytest.mark.parametrize(
    ("headers", "left", "seconds"),
    [
        ({"ratelimit_limit": "300", "ratelimit_remaining": "7", "ratelimit_reset": "60"}, 7, 60),
        (
            {
                "X_RateLimit_Limit": "300",
                "X_RateLimit_Remaining": "0",
                "X_RateLimit_Reset": "{iso}",
            },
            0,
            120,
        ),
        (
            {
                "x_rate_limit_limit": "100",
                "x_rate_limit_remaining": "99",
                "x_rate_limit_reset": "{unix}",
            },
            99,
            120,
        ),
    ],
)
def test_each_way_of_telling_a_budget_is_read(
    times: Times, headers: dict[str, str], left: int, seconds: int
) -> None:
    ends = times.now + timedelta(seconds=120)
    told = {
        name: value.format(iso=ends.isoformat(), unix=int(ends.timestamp()))
        for name, value in headers.items()
    }
    found = budgets.read(1, "post", answer(**told), times.now)
    assert found is not None
    assert found.remaining == left
    assert abs((found.reset_at - times.now).total_seconds() - seconds) <= 1


def test_a_wait_that_is_asked_for_is_an_empty_budget(times: Times) -> None:
    until = times.now + timedelta(seconds=90)
    for said in ("90", format_datetime(until, usegmt=True)):
        found = budgets.read(1, "post", answer(429, Retry_After=said), times.now)
        assert found is not None and found.remaining == 0
        assert abs((found.reset_at - until).total_seconds()) <= 1
    assert budgets.read(1, "post", answer(429), times.now) is None


@given(st.dictionaries(st.sampled_from(["limit", "remaining", "reset"]), st.text(max_size=30)))
def test_no_header_breaks_the_reading(parts: dict[str, str]) -> None:
    now = datetime.fromisoformat("2026-11-25T12:00:00+00:00")
    for prefix in budgets.PREFIXES:
        told = {(prefix + name).replace("-", "_"): value for name, value in parts.items()}
        found = budgets.read(1, "post", answer(**told), now)
        assert found is None or (found.remaining >= 0 and found.reset_at > now)


def keep(db: Any, times: Times, channel_id: int, remaining: int, seconds: int = 60) -> None:
    ends = times.now + timedelta(seconds=seconds)
    budgets.keep([Told(channel_id, "post", 10, remaining, ends)], times.now)
    db.session.commit()


def test_no_more_leave_than_the_network_allows(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    channel = make.channel(make.alice(), "double")
    for _ in range(5):
        deliver(times.now, channel=channel)
    keep(db, times, channel.id, 2)
    publish()
    assert network.calls.count("publish") == 2
    times.go(seconds=61)
    publish()
    assert network.calls.count("publish") == 5


def test_within_a_window_the_smaller_number_holds(times: Times, deliver: Deliver, db: Any) -> None:
    channel_id = deliver(times.now).channel_id
    keep(db, times, channel_id, 3)
    keep(db, times, channel_id, 5)
    assert db.session.get_one(Budget, (channel_id, "post")).remaining == 3
    keep(db, times, channel_id, 9, seconds=600)
    assert db.session.get_one(Budget, (channel_id, "post")).remaining == 9


@pytest.mark.parametrize("wait_first", [True, False])
def test_a_wait_that_was_asked_for_holds_whatever_else_is_heard(
    times: Times, deliver: Deliver, db: Any, wait_first: bool
) -> None:
    channel_id = deliver(times.now).channel_id
    until = times.now + timedelta(seconds=120)
    wait = budgets.read(channel_id, "post", answer(429, Retry_After="120"), times.now)
    plenty = Told(channel_id, "post", 10, 8, times.now + timedelta(seconds=300))
    assert wait is not None
    for told in (wait, plenty) if wait_first else (plenty, wait):
        budgets.keep([told], times.now)
        db.session.commit()
    kept = db.session.get_one(Budget, (channel_id, "post wait"))
    assert (kept.remaining, abs((kept.reset_at - until).total_seconds()) <= 1) == (0, True)
    budgets.keep([plenty, wait, plenty], times.now)
    db.session.commit()
    assert claiming.claim(times.now, LEASE, 10) == []
    assert len(claiming.claim(times.go(seconds=122), LEASE, 10)) == 1
    db.session.rollback()


def test_when_a_wait_is_over_the_window_that_it_fell_into_still_counts(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    channel = make.channel(make.alice(), "double")
    for _ in range(5):
        deliver(times.now, channel=channel)
    keep(db, times, channel.id, 2, seconds=300)
    wait = budgets.read(channel.id, "post", answer(429, Retry_After="60"), times.now)
    assert wait is not None
    budgets.keep([wait], times.now)
    db.session.commit()
    for seconds, sent in ((0, 0), (61, 2), (240, 3)):  # overdue by then: one a minute
        times.go(seconds=seconds)
        for _ in range(4):
            publish()
            times.go(seconds=0.1)
        assert network.calls.count("publish") == sent


def test_figures_are_read_from_the_half_that_publishing_leaves(
    times: Times, deliver: Deliver, db: Any
) -> None:
    channel_id = deliver(times.now).channel_id
    assert budgets.may_read(channel_id, times.now)
    keep(db, times, channel_id, 5)
    assert not budgets.may_read(channel_id, times.now)
    assert budgets.may_read(channel_id, times.go(seconds=61))


def test_organisations_take_turns(times: Times, deliver: Deliver, db: Any) -> None:
    alice, charlie = make.alice(), make.charlie()
    ours = [make.channel(alice, "double", f"a{n}") for n in range(6)]
    theirs = make.channel(charlie, "double", "b")
    for channel in ours:
        make.post(alice, channel, due_at=times.now - timedelta(seconds=30))
    last = make.post(charlie, theirs, due_at=times.now).deliveries[0]
    found = claiming.claim(times.now, LEASE, 2)
    assert last.id in {work.id for work in found}
    db.session.rollback()


def test_of_one_channel_only_a_few_fly_at_once(times: Times, deliver: Deliver, db: Any) -> None:
    channel = make.channel(make.alice(), "double")
    for _ in range(9):
        deliver(times.now, channel=channel)
    for flying, taken in ((0, turns.AT_ONCE), (3, turns.AT_ONCE - 3), (turns.AT_ONCE, 0)):
        assert len(claiming.claim(times.now, LEASE, 100, flying={channel.id: flying})) == taken
        db.session.rollback()


def test_after_an_outage_a_channel_sends_one_a_minute_in_their_order(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    channel = make.channel(make.alice(), "double")
    due = [times.now + timedelta(seconds=n) for n in range(3)]
    made = [deliver(at, channel=channel) for at in due]
    times.go(minutes=10)
    for count in (1, 2, 3):
        publish()
        assert [one.state for one in made].count("published") == count
        assert made[count - 1].state == "published"
        publish()
        assert network.calls.count("publish") == count
        times.go(seconds=61)


def test_also_when_several_were_made_ready_at_the_same_time(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare, sent_at = network.prepare, []
    order = iter((0.5, 0.1, 0.0))

    async def slow(*what: Any) -> Any:
        await asyncio.sleep(next(order, 0.0))
        return await prepare(*what)

    monkeypatch.setattr(network, "prepare", slow)
    network.before_take = lambda parcel: sent_at.append(times.now)
    channel = make.channel(make.alice(), "double")
    made = [deliver(times.now + timedelta(seconds=n), channel=channel) for n in range(3)]
    times.go(minutes=10)
    for count in (1, 2, 3):
        publish()
        assert len(sent_at) == count
        times.go(seconds=61)
    assert {one.state for one in made} == {"published"}


def test_a_server_that_fails_again_and_again_rests_and_others_do_not(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, breaker: Breaker
) -> None:
    server = ("double", "http://localhost:1")
    for _ in range(ERRORS):
        breaker.note(server, Refused("Nobody there.", not_sent=True), times.now)
    assert breaker.resting(times.now) == {server}
    delivery = deliver(times.now)
    assert delivery.channel.host == server[1]
    publish()
    assert (delivery.state, network.calls) == ("scheduled", [])
    times.go(seconds=61)
    publish()
    assert delivery.state == "published"


def test_a_limit_of_the_app_is_waited_out_by_every_channel_of_the_network(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    user, until = make.alice(), times.now + timedelta(minutes=20)
    network.faults.append(Refused("Wait a little.", retry_at=until, for_all=True))
    first = deliver(times.now, channel=make.channel(user, "double", "first"))
    publish()
    other = deliver(times.now, channel=make.channel(user, "double", "other"))
    calls = len(network.calls)
    times.go(minutes=19)
    publish()
    assert len(network.calls) == calls
    assert {first.state, other.state} == {"retry_wait", "scheduled"}
    times.go(minutes=2)
    for _ in range(2):
        publish()
        times.go(seconds=61)
    assert {first.state, other.state} == {"published"}


def test_a_limit_of_one_account_is_waited_out_by_it_alone(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    user, until = make.alice(), times.now + timedelta(minutes=20)
    network.faults.append(Refused("Wait a little.", retry_at=until))
    first = deliver(times.now, channel=make.channel(user, "double", "first"))
    publish()
    other = deliver(times.now, channel=make.channel(user, "double", "other"))
    publish()
    assert [first.state, other.state] == ["retry_wait", "published"]


def test_an_answer_ends_the_count_of_errors(times: Times, breaker: Breaker) -> None:
    server = ("double", "x")
    for _ in range(3 * ERRORS):
        breaker.note(server, Unknown("Lost."), times.now)
        breaker.note(server, Published("1", ""), times.now)
    assert breaker.resting(times.now) == frozenset()


def crash(db: Any, times: Times, *, suspect: bool = False) -> int:
    """A sender takes what wants work and dies of it."""
    taken = claiming.claim(times.now, LEASE, 100, suspect=suspect)
    db.session.commit()
    times.go(seconds=91)
    return len(taken)


def test_what_kills_the_sender_is_tried_alone_and_then_given_up(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    poison = deliver(times.now)
    assert [crash(db, times), crash(db, times), crash(db, times)] == [1, 1, 0]
    other = deliver(times.now, text="Innocent")
    assert crash(db, times, suspect=True) == 1
    publish()
    sweep()
    assert (poison.state, poison.hold) == ("failed", "poison")
    assert other.state == "published"
    assert network.calls.count("publish") == 1


def test_those_that_flew_with_what_killed_the_sender_all_leave_in_one_shift_each_alone(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    db: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channels = [make.channel(make.alice(), "double", name=f"@{n}") for n in range(5)]
    lot = [deliver(times.now, channel=channel) for channel in channels]
    assert [crash(db, times), crash(db, times)] == [5, 5]
    other = deliver(times.now, text="Innocent")
    together: list[int] = []
    claimed = engine.Shift._claim

    def claims(shift: engine.Shift) -> list[claiming.Claimed]:
        works = claimed(shift)
        together.append(len(shift.flying) + len(works))
        return works

    monkeypatch.setattr(engine.Shift, "_claim", claims)
    publish()
    assert {one.state for one in (*lot, other)} == {"published"}
    assert network.calls.count("publish") == 6
    assert max(together) == 1


def test_what_may_be_out_when_it_kills_the_sender_is_asked_about_first(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    again = deliver(times.now)
    db.session.execute(
        db.update(Delivery)
        .where(Delivery.id == again.id)
        .values(
            state="sending",
            claims=claiming.POISON,
            lease_until=times.now - timedelta(seconds=1),
            remote_key="elsewhere",
            remote_at=times.now,
        )
    )
    db.session.add(
        Attempt(
            delivery_id=again.id,
            n=1,
            fence=1,
            state="sending",
            key="elsewhere",
            content_hash=again.content_hash,
            started_at=times.now,
        )
    )
    db.session.commit()
    sweep()
    assert (again.state, again.patience) == ("confirming", 0)
    publish()
    assert (again.state, again.hold) == ("failed", "poison")


def test_what_a_person_moves_is_tried_anew_whatever_died_of_it_before(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    db.session.execute(
        db.update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(claims=claiming.POISON, lease_until=times.now + LEASE)
    )
    db.session.commit()
    member = make.member(make.alice())
    composing.move(delivery.post, member, times.now, "", "UTC", times.now)
    db.session.commit()
    publish()
    assert delivery.state == "published"
