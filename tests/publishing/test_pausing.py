"""Pausing one channel or all: nothing goes out, nothing is lost, and the late policy decides after."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.db import db as database
from app.publishing import telling
from app.scheduler.models import Delivery, Post
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

DATABASES = ("sqlite",)
Deliver, Act = Callable[..., Delivery], Callable[[], None]


def state(one: Delivery) -> tuple[str, str]:
    database.session.expire_all()
    return one.state, one.hold


def test_a_paused_channel_holds_what_comes_due_and_resumes_in_time(
    client: FlaskClient, deliver: Deliver, publish: Act, sweep: Act, times: Times, network: DoubleNetwork
) -> None:  # fmt: skip
    held = deliver(times.now + timedelta(minutes=5))
    beside = deliver(
        times.now + timedelta(minutes=5), channel=make.channel(make.alice(), "double", "two")
    )
    client.post(f"/channels/{held.channel_id}/pause")
    times.go(minutes=6)
    sweep(), publish()
    assert state(held) == ("held", "paused")
    assert beside.state == "published"
    assert telling.organizations(times.now) == [], "nobody is written to about it"
    shown = client.get(f"/posts/{held.post_id}").text
    assert "Publishing is paused. It goes out when publishing is resumed" in shown
    assert "1 post waits" in client.get("/calendar").text
    assert f"delivery-{held.id}" not in client.get("/attention").text
    answer = client.post(f"/channels/{held.channel_id}/resumption", follow_redirects=True)
    assert "1 post waited" in answer.text
    sweep(), publish()
    assert state(held) == ("published", "")
    assert len(network.taken) == 2


def test_all_are_paused_with_a_banner_and_late_ones_are_held_for_a_person(
    client: FlaskClient, deliver: Deliver, publish: Act, sweep: Act, times: Times
) -> None:
    early = deliver(times.now + timedelta(minutes=5))
    later = deliver(times.now + timedelta(minutes=170), channel=early.channel)
    client.post("/queue/pause")
    assert "Publishing is paused since" in client.get("/organization").text
    times.go(minutes=175)
    sweep(), publish()
    assert state(early) == state(later) == ("held", "paused")
    client.post("/queue/resumption")
    sweep(), publish()
    assert state(early) == ("held", "late"), "two hours is what Orchard allows"
    assert state(later) == ("published", "")
    assert "Publishing is paused" not in client.get("/calendar").text


def test_what_was_held_goes_out_one_a_minute(
    client: FlaskClient, deliver: Deliver, publish: Act, sweep: Act, times: Times
) -> None:
    first = deliver(times.now + timedelta(minutes=1))
    others = [deliver(times.now + timedelta(minutes=n), channel=first.channel) for n in (2, 3)]
    client.post("/queue/pause")
    times.go(minutes=30)
    sweep()
    client.post("/queue/resumption")
    counts = []
    for _ in range(3):
        sweep(), publish()
        counts.append(sum(state(one)[0] == "published" for one in (first, *others)))
        times.go(seconds=61)
    assert counts == [1, 2, 3]


def test_a_channel_that_rests_by_itself_stays_paused_when_all_go_on(
    client: FlaskClient, deliver: Deliver, publish: Act, sweep: Act, times: Times
) -> None:
    held = deliver(times.now + timedelta(minutes=5))
    client.post("/queue/pause")
    client.post(f"/channels/{held.channel_id}/pause")
    times.go(minutes=6)
    sweep()
    client.post("/queue/resumption")
    sweep(), publish()
    assert state(held) == ("held", "paused")


def test_a_person_may_move_what_is_held_and_twice_is_as_once(
    client: FlaskClient, deliver: Deliver, sweep: Act, times: Times
) -> None:
    held = deliver(times.now + timedelta(minutes=5))
    for _ in range(2):
        client.post("/queue/pause")
    times.go(minutes=6)
    sweep()
    client.post(f"/posts/{held.post_id}/cancellation")
    for _ in range(2):
        client.post("/queue/resumption")
    assert state(held) == ("cancelled", "")
    assert database.session.get_one(Post, held.post_id).state == "cancelled"
    said = database.session.scalars(select(AuditEvent.action)).all()
    assert [one for one in said if one.startswith("publishing.")] == [
        "publishing.paused",
        "publishing.resumed",
    ]
