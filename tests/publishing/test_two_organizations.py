"""Two organisations: how late one takes its posts, and that it closes, is nothing to the other's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.scheduler.models import Delivery
from tests import make
from tests.times import Times

Deliver, Act = Callable[..., Delivery], Callable[[], None]


def of_charlie(times: Times) -> Delivery:
    """Due now; his organisation is the first of the table, so what asks for none finds it."""
    charlie = make.charlie()
    [delivery] = make.post(charlie, make.channel(charlie, "double"), due_at=times.now).deliveries
    return delivery


def test_each_waits_as_long_as_its_own_policy_says(
    times: Times, deliver: Deliver, sweep: Act, publish: Act, db: Any
) -> None:
    theirs, ours = of_charlie(times), deliver(times.now)
    make.organization("Elsewhere").late_after = 1
    make.organization("Orchard").late_after = 60
    db.session.commit()
    times.go(minutes=2)
    sweep()
    publish()
    assert (theirs.state, theirs.hold, ours.state) == ("held", "late", "published")


def test_what_is_being_closed_sends_nothing_and_others_do(
    times: Times, deliver: Deliver, publish: Act, db: Any
) -> None:
    theirs, ours = of_charlie(times), deliver(times.now)
    make.organization("Elsewhere").closing_at = times.now + timedelta(days=14)
    db.session.commit()
    publish()
    assert (theirs.state, ours.state) == ("scheduled", "published")
