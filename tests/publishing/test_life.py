"""A post's life keeps what happened: the first answer, each look, holds and their end, and a server that
rests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.account.models import Organization
from app.networks import Idempotency, Refused, Unknown
from app.publishing import engine, pausing, rests
from app.publishing.models import ServerRest
from app.scheduler import life, noting
from app.scheduler.attempts import Attempt, DeliveryEvent
from app.scheduler.models import Delivery
from app.scheduler.states import CONFIRMING, FAILED, HELD, PUBLISHED, SCHEDULED
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Act = Callable[[], None]
Deliver = Callable[..., Delivery]
LOST = "The reply was lost."


@pytest.fixture
def asked(network: DoubleNetwork) -> DoubleNetwork:
    """A network whose posts can be listed: absence is believed at the second look."""
    network.idempotency = Idempotency.LIST
    return network


def told(one: Delivery, times: Times) -> list[tuple[str, str]]:
    """Title and words of each step of the engine's, without where."""
    steps = life.timeline(one.post, [], noting.of(one.post), times.now)
    return [(step["title"], step["detail"].split(": ", 1)[-1]) for step in steps]


def looks(publish: Act, times: Times, *minutes: float) -> None:
    for wait in minutes:
        times.go(minutes=wait)
        publish()


def test_the_first_answer_stays_when_the_post_is_found_later(
    times: Times, deliver: Deliver, publish: Act, asked: DoubleNetwork, client: FlaskClient
) -> None:
    asked.faults.append("lose")
    asked.find_faults.append(Unknown("503, come back."))
    delivery = deliver(times.now)
    publish()
    titles = [title for title, _ in told(delivery, times)]
    assert titles == ["Due", "Sent", "No clear answer", "Looked there"], "the answer once"
    looks(publish, times, 2)
    assert delivery.state == PUBLISHED
    assert told(delivery, times) == [
        ("Due", ""),
        ("Sent", "attempt 1"),
        ("No clear answer", LOST),
        ("Looked there", "503, come back."),
        ("Published", "Found on the network by reading back."),
    ]
    page = client.get(f"/posts/{delivery.post_id}").text
    assert "No clear answer" in page and "503, come back." in page


def test_it_stays_when_the_post_is_not_there_and_is_sent_again(
    times: Times, deliver: Deliver, publish: Act, asked: DoubleNetwork
) -> None:
    asked.faults.append("drop")
    delivery = deliver(times.now)
    publish()
    looks(publish, times, 2)
    assert delivery.state == PUBLISHED
    found = told(delivery, times)
    assert found[:4] == [
        ("Due", ""),
        ("Sent", "attempt 1"),
        ("No clear answer", LOST),
        ("Looked there", "Not there yet. Looking again."),
    ]
    assert {title for title, _ in found[4:]} == {
        "Not on the network", "Looked there", "Sent", "Published",
    }  # fmt: skip


def test_looks_that_find_the_same_are_one_step_with_their_number(
    times: Times, deliver: Deliver, publish: Act, asked: DoubleNetwork, client: FlaskClient
) -> None:
    asked.faults.append("lose")
    asked.find_faults.extend([Unknown("502")] * 3)
    delivery = deliver(times.now)
    publish()
    looks(publish, times, 2, 6)
    assert told(delivery, times)[-1] == ("Looked there 3 times", "502")
    assert "since <time" in client.get(f"/posts/{delivery.post_id}").text


def test_what_goes_out_at_once_leaves_nothing_beside_its_try(
    times: Times, deliver: Deliver, publish: Act, db: Any
) -> None:
    deliver(times.now)
    publish()
    assert db.session.scalars(db.select(DeliveryEvent)).all() == []


def test_a_hold_and_its_end_stand_there_with_their_causes(
    times: Times, deliver: Deliver, sweep: Act, publish: Act, client: FlaskClient, db: Any
) -> None:
    delivery = deliver(times.now)
    assert client.post("/queue/pause").status_code == 303
    times.go(minutes=1)
    sweep()
    db.session.expire_all()
    assert delivery.state == HELD
    sweep()  # what is held already is not held again
    times.go(seconds=1)
    assert client.post("/queue/resumption").status_code == 303
    times.go(seconds=1)
    publish()
    assert told(delivery, times) == [
        ("Due", ""),
        ("Held", "Publishing is paused."),
        ("Goes on", pausing.RESUMED),
        ("Sent", "attempt 1"),
        ("Published", "Accepted."),
    ]


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        (Refused("The key is gone.", reconnect=True), ["Refused", "Held"]),
        (Refused("Too rude.", permanent=True), ["Refused"]),
    ],
)
def test_a_refusal_is_told_once_and_a_hold_beside_it(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    fault: Refused,
    ends: list[str],
) -> None:
    network.faults.append(fault)
    delivery = deliver(times.now)
    publish()
    assert delivery.state in (HELD, FAILED)
    assert [title for title, _ in told(delivery, times)] == ["Due", "Sent", *ends]


def test_what_fails_before_anything_left_says_why(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork
) -> None:
    network.prepare_faults.append(Refused("No such picture.", permanent=True))
    delivery = deliver(times.now)
    publish()
    assert told(delivery, times)[-1] == ("Failed", "No such picture.")


def test_what_is_too_late_or_killed_its_sender_is_told(
    times: Times, deliver: Deliver, sweep: Act, db: Any
) -> None:
    late, poison = (
        deliver(times.now),
        deliver(times.now, channel=make.channel(make.bob("owner"), "double", "p")),
    )
    db.session.get(Organization, late.organization_id).late_after = 15
    poison.claims, poison.not_before = 9, times.now + timedelta(days=1)
    db.session.commit()
    times.go(minutes=30)
    sweep()
    db.session.expire_all()
    assert told(late, times)[-1] == ("Held", late.reason) and late.hold == "late"
    assert told(poison, times)[-1] == ("Failed", poison.reason)


def test_a_sender_that_died_is_told_and_its_late_answer_too(
    times: Times, deliver: Deliver, sweep: Act, asked: DoubleNetwork, db: Any
) -> None:
    delivery = deliver(times.now)
    delivery.state, delivery.tries = "sending", 1
    made = Attempt(n=1, fence=1, state="sending", key="k", content_hash="h", started_at=times.now)
    delivery.attempts.append(made)
    db.session.commit()
    times.go(minutes=5)
    sweep()
    db.session.expire_all()
    assert delivery.state == CONFIRMING
    assert told(delivery, times)[-1][0] == "No clear answer"


def test_a_network_that_asks_all_of_us_to_wait_is_named_as_the_reason(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient
) -> None:
    until = times.now + timedelta(minutes=20)
    network.faults.append(Refused("Wait a little.", retry_at=until, for_all=True))
    deliver(times.now)
    publish()
    waiting = deliver(times.now, channel=make.channel(make.alice(), "double", "waits"))
    page = client.get(f"/posts/{waiting.post_id}").text
    assert "Double takes nothing from this instance until then" in page and "Next try" in page


def silence(network: DoubleNetwork, deliver: Deliver, publish: Act, times: Times) -> list[Delivery]:
    """Ten posts to a server that answers none of them, and one that has to wait for it."""
    user = make.alice()
    network.faults.extend([Refused("No connection.", not_sent=True)] * 10)
    ten = [deliver(times.now, channel=make.channel(user, "double", f"c{n}")) for n in range(10)]
    publish()
    return [*ten, deliver(times.now, channel=make.channel(user, "double", "waits"))]


def test_a_resting_server_is_named_as_the_reason_with_the_next_try(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient, db: Any
) -> None:  # fmt: skip
    waiting = silence(network, deliver, publish, times)[-1]
    assert waiting.state == SCHEDULED
    page = client.get(f"/posts/{waiting.post_id}").text
    assert "Double’s server did not answer the last 10 times" in page and "Next try" in page
    [row] = db.session.scalars(db.select(ServerRest))
    assert row.until == times.now + timedelta(seconds=60)
    assert waiting.channel.host not in row.server
    make.sign_in(client, make.operator())
    assert "1 server of Double" in client.get("/operator/deliveries").text
    times.go(seconds=61)
    assert rests.by_network(times.now) == []


def test_the_first_answer_ends_the_rest_and_its_count(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    silence(network, deliver, publish, times)
    times.go(seconds=61)
    publish()
    db.session.expire_all()
    assert db.session.scalars(db.select(ServerRest)).all() == []


def test_failures_add_up_over_rests_until_it_answers(times: Times, db: Any) -> None:
    server = ("mastodon", "silent.example")
    for _ in range(20):
        engine.BREAKER.note(server, Unknown("timeout"), times.now)
    db.session.commit()
    assert rests.known([server], times.now)[server].failures == 20
    other = ("mastodon", "other.example")
    assert rests.known([other], times.now) == rests.known([], times.now) == {}
    times.go(days=2)
    rests.begin(other, 10, times.now, times.now + timedelta(minutes=1))
    assert [one.failures for one in db.session.scalars(db.select(ServerRest))] == [10]
