"""Nothing unapproved leaves: not by the engine, and not by hand in the database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.account.models import Membership
from app.publishing import claiming, intents, sweeping
from app.scheduler import approving, composing
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.servers.postgres import OWNER
from tests.times import Times

Act = Callable[[], None]
Ask = Callable[..., Delivery]
LEASE = timedelta(seconds=90)


@pytest.fixture
def ask(db: Any, network: DoubleNetwork) -> Ask:
    """A delivery of Bob's, an editor, to the double, where one yes is asked for."""

    def made(due_at: datetime, rule: str = "one") -> Delivery:
        alice, bob = make.alice(), make.bob()
        make.rule(rule)
        return make.post(bob, make.channel(alice, "double"), due_at=due_at).deliveries[0]

    return made


def owner() -> Membership:
    return make.member(make.alice())


def approve(delivery: Delivery, now: datetime, db: Any) -> None:
    approving.approve(delivery.post, owner(), approving.fingerprint(delivery.post), now)
    db.session.commit()


def test_an_unapproved_post_is_not_taken_and_one_yes_later_it_goes_on_time(
    times: Times, ask: Ask, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = ask(times.now + timedelta(minutes=10))
    publish()
    assert (delivery.state, network.calls) == ("pending_approval", [])
    approve(delivery, times.now, db)
    assert (delivery.state, delivery.approved_hash) == ("scheduled", delivery.content_hash)
    times.go(minutes=10)
    publish()
    assert delivery.state == "published"
    assert delivery.attempts[0].content_hash == delivery.approved_hash


def test_what_should_go_at_once_goes_as_soon_as_it_is_approved(
    times: Times, ask: Ask, publish: Act, sweep: Act, db: Any
) -> None:
    delivery = ask(times.now)
    assert (delivery.state, delivery.due_at, delivery.post.due_at) == (
        "pending_approval",
        None,
        None,
    )
    times.go(hours=5)
    sweep()
    publish()
    assert delivery.state == "pending_approval", "it waits, it is not late"
    approve(delivery, times.now, db)
    publish()
    assert delivery.state == "published"


def test_a_time_that_passes_without_a_yes_holds_the_post_and_a_late_yes_does_not_send_it(
    times: Times, ask: Ask, publish: Act, sweep: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = ask(times.now + timedelta(minutes=10))
    times.go(minutes=10)
    sweep()
    assert (delivery.state, delivery.hold) == ("held", "not_approved")
    assert delivery.reason.startswith("Not approved in time")
    approve(delivery, times.now, db)
    publish()
    assert (delivery.state, delivery.hold, network.calls) == ("held", "late", [])
    composing.release(delivery.post, owner(), times.now)
    db.session.commit()
    publish()
    assert delivery.state == "published"


def test_a_yes_in_the_very_moment_that_the_time_passes_does_not_send_it_late(
    times: Times, ask: Ask, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    """The clock may be a few seconds behind with holding."""
    delivery = ask(times.now + timedelta(minutes=10))
    times.go(minutes=10, seconds=3)
    approve(delivery, times.now, db)
    publish()
    assert (delivery.state, delivery.hold, network.calls) == ("held", "late", [])


def test_publish_now_on_an_unapproved_post_only_asks(
    times: Times, ask: Ask, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    delivery = ask(times.now + timedelta(minutes=10))
    composing.release(delivery.post, owner(), times.now)
    db.session.commit()
    publish()
    assert (delivery.state, delivery.due_at, network.calls) == ("pending_approval", None, [])


@pytest.mark.parametrize("state", ["scheduled", "retry_wait", "sending", "confirming"])
def test_the_database_refuses_an_unapproved_row_where_the_engine_takes_it(
    state: str, times: Times, ask: Ask, db: Any
) -> None:
    delivery = ask(times.now + timedelta(minutes=10))
    by_hand = text("UPDATE delivery SET state = :state WHERE id = :id")
    with pytest.raises(IntegrityError, match="ck_delivery_approved"):
        db.session.execute(by_hand, {"state": state, "id": delivery.id})
    db.session.rollback()
    empty = text(
        "UPDATE delivery SET content_hash = '', approved_hash = '', state = :state WHERE id = :id"
    )
    with pytest.raises(IntegrityError, match="ck_delivery_approved"):
        db.session.execute(empty, {"state": state, "id": delivery.id})
    db.session.rollback()
    assert delivery.state == "pending_approval"


def test_the_database_refuses_other_words_under_an_old_yes(times: Times, ask: Ask, db: Any) -> None:
    delivery = ask(times.now + timedelta(minutes=10))
    approve(delivery, times.now, db)
    for change in ("content_hash = 'other'", "approved_hash = ''", "approved_hash = 'other'"):
        with pytest.raises(IntegrityError, match="ck_delivery_approved"):
            db.session.execute(text(f"UPDATE delivery SET {change} WHERE id = {delivery.id}"))
        db.session.rollback()
    with pytest.raises(IntegrityError, match="ck_delivery_approved"):
        db.session.execute(
            text(
                "INSERT INTO delivery (organization_id, post_id, channel_id, state, reason, hold,"
                " content_hash, prepared_hash, lease_token, tries, patience, reads, needs_approval)"
                " SELECT organization_id, post_id, channel_id + 1, 'scheduled', '', '', 'x', '', 0,"
                " 0, 8, 0, needs_approval FROM delivery"
            )
        )
    db.session.rollback()


def without_constraint(db: Any) -> None:
    """For the transaction that is open: what would the engine do if only it stood in the way?"""
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
    else:
        db.session.execute(text(f"SET LOCAL ROLE {OWNER}"))
        db.session.execute(text("ALTER TABLE delivery DROP CONSTRAINT ck_delivery_approved"))


def test_the_engine_would_not_take_it_even_without_the_constraint(
    times: Times, ask: Ask, db: Any
) -> None:
    delivery = ask(times.now + timedelta(minutes=10))
    approve(delivery, times.now, db)
    times.go(minutes=10)
    [work] = claiming.claim(times.now, LEASE, 10)
    db.session.rollback()
    without_constraint(db)
    db.session.execute(text("UPDATE delivery SET approved_hash = 'of other words'"))
    assert not claiming.wants_work(times.now)
    assert claiming.claim(times.now, LEASE, 10) == []
    work.fence = db.session.scalar(db.select(Delivery.lease_token))
    assert intents.intend([work], times.now) == []
    db.session.execute(text("UPDATE delivery SET approved_hash = content_hash"))
    assert [one.id for one in claiming.claim(times.now, LEASE, 10)] == [delivery.id]
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("PRAGMA ignore_check_constraints = OFF"))
        db.session.rollback()


def test_what_was_scheduled_before_the_rule_goes_out_as_it_was(
    times: Times, ask: Ask, publish: Act, db: Any
) -> None:
    delivery = ask(times.now + timedelta(minutes=10), rule="off")
    assert delivery.state == "scheduled"
    make.rule("four_eyes")
    composing.move(delivery.post, owner(), times.now + timedelta(minutes=20), "", "UTC", times.now)
    db.session.commit()
    assert delivery.state == "scheduled", "another time is not another text"
    times.go(minutes=20)
    publish()
    assert delivery.state == "published"


def test_holding_twice_changes_nothing_more(times: Times, ask: Ask, db: Any) -> None:
    ask(times.now + timedelta(minutes=10))
    times.go(minutes=11)
    assert [sweeping.hold_back(times.now) for _ in range(2)] == [1, 0]
