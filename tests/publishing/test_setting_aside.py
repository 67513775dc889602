"""What waits for a channel without a place is held by the rows themselves, and comes back with it."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from app.channels.models import Channel
from app.db import db as database
from app.publishing import sweeping
from app.publishing.claiming import claim
from app.scheduler import setting_aside
from app.scheduler.models import Delivery
from app.scheduler.setting_aside import Use
from app.scheduler.states import HELD, PENDING, PUBLISHED, RETRY, SCHEDULED, SENDING
from tests import make
from tests.times import Times

LEASE = timedelta(seconds=60)


def home() -> int:
    return make.member(make.alice()).organization_id


def stand() -> list[tuple[str, str]]:
    """State and reason of each delivery, in the order in which they were written."""
    database.session.expire_all()
    found = database.session.scalars(select(Delivery).order_by(Delivery.id))
    return [(one.state, one.hold) for one in found]


def ids() -> list[int]:
    return list(database.session.scalars(select(Channel.id).order_by(Channel.id)))


def test_what_leaves_goes_out_and_what_waits_is_held_and_comes_back(
    client: FlaskClient, times: Times
) -> None:
    alice = make.alice()
    states = (SENDING, RETRY, SCHEDULED, PENDING, PUBLISHED)
    for n, state in enumerate(states):
        post = make.post(alice, make.channel(alice, name=f"c{n}"), text=f"No. {n}")
        [row] = post.deliveries
        row.state, row.needs_approval = state, state == PENDING
        row.published_at = times.now if state == PUBLISHED else None
    database.session.commit()
    due = row.due_at
    one, two, three, four, five = ids()
    assert setting_aside.use_of(home(), times.now) == {
        **dict.fromkeys((two, three, four), Use(0, 1, due)), five: Use(1, 0, None),
    }  # fmt: skip
    listed = setting_aside.posts_that_wait(home())
    assert {id: [post.text for post, _ in posts] for id, posts in listed.items()} == {
        two: ["No. 1"], three: ["No. 2"], four: ["No. 3"],
    }  # fmt: skip
    assert setting_aside.set_aside(home(), [one, two, three, four], times.now) == 3
    assert stand() == [(SENDING, ""), *[(HELD, "billing")] * 3, (PUBLISHED, "")]
    assert setting_aside.posts_that_wait(home()).keys() == {two, three, four}
    refused = database.session.scalars(select(Delivery).where(Delivery.state == SENDING)).one()
    refused.state, refused.not_before = RETRY, times.now
    database.session.flush()
    sweeping.hold_back(times.now)
    assert stand()[0] == (HELD, "billing")
    assert setting_aside.bring_back(home(), [one, two, three, four], times.now) == 4
    assert stand() == [*[(SCHEDULED, "")] * 3, (PENDING, ""), (PUBLISHED, "")]


def test_what_is_late_by_then_goes_by_the_late_policy(client: FlaskClient, times: Times) -> None:
    for n, minutes in enumerate((20, 100)):
        channel = make.channel(make.alice(), name=f"c{n}")
        make.post(make.alice(), channel, due_at=times.now + timedelta(minutes=minutes))
    setting_aside.set_aside(home(), ids(), times.now)
    times.go(hours=3)
    assert claim(times.now, LEASE, 10) == []
    setting_aside.bring_back(home(), ids(), times.now)
    sweeping.hold_back(times.now)
    assert stand() == [(HELD, "late"), (SCHEDULED, "")], "two hours are the rule"
    assert len(claim(times.now, LEASE, 10)) == 1
