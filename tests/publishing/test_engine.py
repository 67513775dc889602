"""Never lost, never twice, never early, never silent."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app import clock
from app.account.models import Organization
from app.channels.models import Channel, ChannelGrant
from app.networks import Idempotency, Refused, Unknown
from app.publishing import claiming, intents, outcomes
from app.scheduler import composing
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Deliver, Act = Callable[..., Delivery], Callable[[], None]


def test_a_due_post_goes_out_once_and_says_where(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    delivery = deliver(times.now)
    publish()
    publish()
    assert delivery.state == delivery.post.state == "published"
    assert delivery.external_url == f"https://double.example/key{delivery.id}"
    assert network.calls.count("publish") == 1
    assert [attempt.state for attempt in delivery.attempts] == ["accepted"]


def test_nothing_goes_out_early_but_it_is_prepared_ahead(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    delivery = deliver(times.now + timedelta(seconds=60))
    publish()
    assert (delivery.state, network.calls) == ("scheduled", ["prepare"])
    assert delivery.lease_until is None
    times.go(seconds=59.999)
    publish()
    assert network.calls == ["prepare"]
    times.go(seconds=0.001)
    publish()
    assert network.calls == ["prepare", "publish"]


def test_the_intent_is_committed_before_the_first_byte(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery, seen = deliver(times.now), []

    def look(parcel: Any) -> None:
        with db.engine.connect() as other:
            seen.append(other.execute(db.select(Attempt.state, Attempt.key)).all())
            other.rollback()

    network.before_take = look
    publish()
    assert seen == [[("sending", f"key{delivery.id}")]]


@pytest.mark.parametrize(("fault", "finds"), [("lose", 1), ("drop", 1)])
def test_a_lost_reply_is_read_back_and_never_doubled(
    fault: str, finds: int, times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.faults.append(fault)
    delivery = deliver(times.now)
    publish()
    for _ in range(3):
        times.go(seconds=1)
        publish()
    assert delivery.state == "published"
    assert not network.doubled
    assert len(network.taken) == 1
    assert network.calls.count("find") == finds
    states = [attempt.state for attempt in delivery.attempts]
    assert states == (["accepted"] if fault == "lose" else ["absent", "accepted"])


def test_a_network_that_only_lists_is_read_twice_before_absence_is_believed(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.idempotency = Idempotency.LIST
    network.faults.append("drop")
    delivery = deliver(times.now)
    publish()
    assert (delivery.state, delivery.reads) == ("confirming", 1)
    times.go(seconds=59)
    publish()
    assert network.calls.count("find") == 1
    times.go(seconds=2)
    publish()
    assert network.calls.count("find") == 2
    assert delivery.state == "published"
    assert network.calls.count("publish") == 2


def test_a_network_that_cannot_be_asked_is_left_to_a_person(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.idempotency = Idempotency.BLIND
    network.faults.append("lose")
    delivery = deliver(times.now)
    publish()
    times.go(hours=1)
    publish()
    assert (delivery.state, delivery.hold) == ("held", "needs_decision")
    assert network.calls.count("publish") == 1


def test_a_sender_that_died_is_noticed_and_the_network_asked(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    [work] = claiming.claim(times.now, timedelta(seconds=90), 10)
    record = {"hash": work.content_hash, "pieces": [{"text": "Hello"}]}
    made = [intents.Prepared(work, record, is_whole=True)]
    intents.keep_records(made, times.now, timedelta(seconds=90))
    work.record = {"hash": "x", "pieces": [{"text": "Hello"}]}
    intents.intend([work], times.now)
    db.session.commit()
    network.taken[work.remote_key or ""] = [{}]  # it was taken, then the machine died
    sweep()
    publish()
    assert delivery.state == "sending"
    times.go(seconds=91)
    sweep()
    publish()
    assert delivery.state == "published"
    assert network.calls.count("publish") == 0


def test_what_is_sending_in_nobodys_hands_is_asked_about(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    [work] = claiming.claim(times.now, timedelta(seconds=90), 10)
    intents.intend([work], times.now)
    db.session.execute(db.update(Delivery).values(lease_until=None))
    db.session.commit()
    network.taken[work.remote_key or ""] = [{}]
    sweep()
    publish()
    assert delivery.state == "published"
    assert network.calls.count("publish") == 0


def test_two_publishers_never_take_the_same_delivery(
    times: Times, deliver: Deliver, db: Any
) -> None:
    deliver(times.now)
    first = claiming.claim(times.now, timedelta(seconds=90), 10)
    db.session.commit()
    assert len(first) == 1
    assert claiming.claim(times.now, timedelta(seconds=90), 10) == []
    later = claiming.claim(times.now + timedelta(seconds=91), timedelta(seconds=90), 10)
    assert later[0].fence > first[0].fence


def test_a_stale_fence_writes_nothing(times: Times, deliver: Deliver, db: Any) -> None:
    delivery = deliver(times.now)
    [old] = claiming.claim(times.now, timedelta(seconds=90), 10)
    claiming.claim(times.go(seconds=91), timedelta(seconds=90), 10)
    old.record = {"hash": "old", "pieces": []}
    assert intents.intend([old], times.now) == []
    outcomes.record([outcomes.Outcome(old, Refused("no", permanent=True))], times.now)
    db.session.commit()
    assert delivery.state == "scheduled"


def test_the_database_allows_one_open_attempt_only(times: Times, deliver: Deliver, db: Any) -> None:
    delivery = deliver(times.now)
    for n in (1, 2):
        db.session.add(
            Attempt(
                delivery_id=delivery.id,
                n=n,
                fence=n,
                state="sending" if n == 1 else "unknown",
                key="k",
                content_hash="",
                started_at=times.now,
            )
        )
    with pytest.raises(IntegrityError):
        db.session.commit()


def test_an_edit_in_the_last_moment_goes_out_as_edited(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now + timedelta(seconds=30))
    publish()
    member = make.member(make.alice())
    made = composing.Composition("Edited", (delivery.channel,), (), delivery.due_at, "", "UTC")
    composing.revise(delivery.post, member, made, delivery.post.version, times.now)
    db.session.commit()
    times.go(seconds=30)
    publish()
    assert network.taken == {f"key{delivery.id}": [{"text": "Edited"}]}


def test_a_claimed_post_that_is_cancelled_is_not_sent(
    times: Times, deliver: Deliver, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    [work] = claiming.claim(times.now, timedelta(seconds=90), 10)
    db.session.commit()
    composing.cancel(delivery.post, make.member(make.alice()), times.now)
    db.session.commit()
    work.record = {"hash": "x", "pieces": [{"text": "Hello"}]}
    assert intents.intend([work], times.now) == []


def test_what_is_leaving_cannot_be_edited_or_cancelled(
    times: Times, deliver: Deliver, db: Any, network: DoubleNetwork
) -> None:
    delivery = deliver(times.now)
    [work] = claiming.claim(times.now, timedelta(seconds=90), 10)
    work.record = {}
    intents.intend([work], times.now)
    db.session.commit()
    with pytest.raises(composing.Leaving, match="leaving now"):
        composing.cancel(delivery.post, make.member(make.alice()), times.now)


def test_a_definite_no_is_final_and_says_why(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.faults.append(Refused("Too long for Double.", permanent=True))
    delivery = deliver(times.now)
    publish()
    assert (delivery.state, delivery.reason) == ("failed", "Too long for Double.")


def test_a_network_that_asks_to_wait_is_waited_for(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    again = times.now + timedelta(minutes=10)
    network.faults.append(Refused("Wait.", retry_at=again))
    delivery = deliver(times.now)
    publish()
    assert (delivery.state, delivery.not_before) == ("retry_wait", again)
    times.go(minutes=9, seconds=59)
    publish()
    assert network.calls.count("publish") == 1
    times.go(seconds=1)
    publish()
    assert delivery.state == "published"


def test_patience_ends_after_eight_refusals(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    network.faults.extend([Refused("Not now.", not_sent=True)] * 20)
    delivery = deliver(times.now)
    db.session.get(Organization, delivery.organization_id).late_after = 0
    db.session.commit()
    for _ in range(12):
        publish()
        times.go(minutes=31)
    assert delivery.state == "failed"
    assert network.calls.count("publish") == 8
    assert {attempt.state for attempt in delivery.attempts} == {"not_sent"}


def test_dead_keys_hold_the_post_and_mark_the_channel_once(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    grant = db.session.get(ChannelGrant, delivery.channel_id)
    grant.expires_at = times.now
    db.session.commit()
    network.grant_faults.append(Refused("The keys are dead.", reconnect=True))
    publish()
    assert (delivery.state, delivery.hold) == ("held", "reconnect")
    assert db.session.get(Channel, delivery.channel_id).state == "needs_reconnect"
    assert network.calls == ["refresh"]


def test_keys_are_refreshed_once_for_many_posts(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    channel = make.channel(make.alice(), "double")
    db.session.get(ChannelGrant, channel.id).expires_at = times.now
    db.session.commit()
    deliveries = [deliver(times.now, channel=channel) for _ in range(10)]
    later = times.now + timedelta(hours=2)
    from app.networks import Grant

    network.grant_faults.append(Grant({"token": "fresh"}, later))
    publish()
    assert network.calls.count("refresh") == 1
    assert {delivery.state for delivery in deliveries} == {"published"}
    kept = db.session.get(ChannelGrant, channel.id)
    assert (kept.version, kept.expires_at, kept.open().secrets) == (2, later, {"token": "fresh"})
    assert "fresh" not in kept.sealed


def test_preparing_that_fails_for_a_while_is_tried_again_and_never_early(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.prepare_faults.append(Unknown("The upload broke."))
    due = times.now + timedelta(seconds=80)
    delivery = deliver(due)
    publish()
    assert (delivery.state, delivery.not_before) == ("retry_wait", due)
    while times.now < due:
        assert network.calls.count("publish") == 0
        publish()
        times.go(seconds=10)
    publish()
    assert delivery.state == "published"
    assert delivery.published_at and delivery.published_at >= due


def test_too_late_is_a_decision_of_a_person(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    times.go(hours=2, seconds=1)
    publish()
    assert network.calls == []
    sweep()
    db.session.expire_all()
    assert (delivery.state, delivery.hold) == ("held", "late")


def test_a_late_post_within_the_policy_goes_out(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, db: Any
) -> None:
    delivery = deliver(times.now)
    times.go(hours=1, minutes=59)
    sweep()
    publish()
    assert delivery.state == "published"


def test_an_organisation_may_never_hold(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, db: Any
) -> None:
    delivery = deliver(times.now)
    db.session.get(Organization, delivery.organization_id).late_after = 0
    db.session.commit()
    times.go(days=40)
    sweep()
    publish()
    assert delivery.state == "published"


def test_a_bug_with_one_post_does_not_stop_the_others(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    def explode(parcel: Any) -> None:
        if parcel.record["text"] == "boom":
            raise RuntimeError("bug")

    network.before_take = explode
    bad = deliver(times.now, text="boom")
    good = [deliver(times.now, channel=bad.channel) for _ in range(5)]
    publish()
    assert {delivery.state for delivery in good} == {"published"}
    assert bad.state == "sending"


def test_a_slow_machine_does_not_send_what_it_intended_long_ago(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = itertools.count(0, 6)
    monkeypatch.setattr(clock, "stopwatch", lambda: float(next(ticks)))
    delivery = deliver(times.now)
    publish()
    assert [attempt.state for attempt in delivery.attempts] == ["not_sent"]
    assert network.taken == {}


def test_many_due_at_once_go_out_together(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.latency = 0.05
    channel = make.channel(make.alice(), "double")
    deliveries = [deliver(times.now, channel=channel) for _ in range(60)]
    publish()
    assert {delivery.state for delivery in deliveries} == {"published"}
    assert sorted(map(len, network.taken.values())) == [1] * 60


def test_nothing_waits_means_no_wake(times: Times, deliver: Deliver, db: Any) -> None:
    assert claiming.next_wake(times.now) is None
    due = times.now + timedelta(hours=3)
    deliver(due)
    assert claiming.next_wake(times.now) == due
    assert not claiming.wants_work(times.now)
    assert claiming.wants_work(due - timedelta(seconds=60))
