"""Who looks at a delivery can tell what happened, what is known, and what to do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.account.models import Organization
from app.networks import Idempotency, Refused
from app.publishing.models import Budget
from app.scheduler.models import Delivery, Post
from app.scheduler.words import PostWords
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Act = Callable[[], None]
Deliver = Callable[..., Delivery]


def decide(client: FlaskClient, delivery: Delivery, decision: str, **more: str) -> Any:
    return client.post(f"/deliveries/{delivery.id}/decision", data={"decision": decision} | more)


@pytest.fixture
def unknown(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient
) -> Delivery:
    network.idempotency = Idempotency.BLIND
    network.faults.append("lose")
    delivery = deliver(times.now)
    publish()
    return delivery


def thread(delivery: Delivery, db: Any, *texts: str) -> None:
    for place, text in enumerate(texts, 1):
        delivery.post.words.append(PostWords(kind="part", place=place, text=text))
    db.session.commit()


def test_an_unknown_one_says_what_is_known_and_has_three_ways(
    unknown: Delivery, client: FlaskClient
) -> None:
    page = client.get("/attention").text
    told = ("attempt 1", "The reply was lost.", "No: only somebody who looks there can tell")
    ways = ("Nothing happens until somebody decides", "It is up", "It is not: post it", "Leave it")
    for words in (*told, *ways):
        assert words in page, words
    assert "No: only somebody who looks there" in client.get(f"/posts/{unknown.post_id}").text


def test_an_unknown_one_is_sent_again_only_after_a_second_yes(
    unknown: Delivery, publish: Act, network: DoubleNetwork, client: FlaskClient
) -> None:
    asked = decide(client, unknown, "again")
    assert asked.headers["Location"].endswith(f"/deliveries/{unknown.id}/again")
    assert "puts it there twice" in client.get(asked.headers["Location"]).text
    publish()
    assert network.calls.count("publish") == 1
    assert decide(client, unknown, "again", sure="yes").status_code == 303
    publish()
    assert (unknown.state, network.calls.count("publish")) == ("published", 2)


def test_a_thread_that_broke_off_goes_on_or_is_left_there(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient, db: Any
) -> None:  # fmt: skip
    made = []
    for text in ("One", "Two"):
        made.append(deliver(times.now, text=text))
        thread(made[-1], db, "Second", "Third")
        network.faults.extend(["take", "take", Refused("Too much.", permanent=True)])
        publish()
    one, two = made
    assert [(d.state, len(d.steps)) for d in (one, two)] == [("failed", 2)] * 2
    page = client.get("/attention").text
    for words in ("2 of 3 are up", "Go on with the rest", "Leave it there", "attempt 3, part 3"):
        assert words in page, words
    decide(client, one, "again")
    publish()
    assert (one.state, len(one.steps)) == ("published", 3)
    decide(client, two, "leave")
    db.session.expire_all()
    assert (two.state, two.reason) == ("published", "2 of 3 are up. Somebody left it there.")
    assert two.external_id
    assert db.session.get(Post, two.post_id).state == "published"


@pytest.fixture
def late(times: Times, deliver: Deliver, sweep: Act, client: FlaskClient) -> list[Delivery]:
    """Three on one channel."""
    found = [deliver(times.now + timedelta(minutes=n), text=f"Late {n}") for n in range(3)]
    times.go(hours=3)
    sweep()
    return found


def test_late_ones_go_out_in_order_a_minute_apart(
    times: Times, late: list[Delivery], publish: Act, client: FlaskClient
) -> None:
    page = client.get("/attention").text
    assert "3 posts whose time passed" in page
    assert page.count('form="late" checked') == 3
    first, second, third = late
    ids = [str(third.id), str(first.id)]
    answer = client.post("/attention/late", data={"deliveries": ids, "decision": "now"})
    assert answer.status_code == 303
    publish()
    assert [d.state for d in late] == ["published", "held", "scheduled"]
    times.go(seconds=61)
    publish()
    assert third.state == "published"
    assert second.hold == "late"


def test_late_ones_move_to_the_full_hours_that_are_free(
    times: Times, late: list[Delivery], deliver: Deliver, client: FlaskClient, db: Any
) -> None:
    hour = timedelta(hours=1)
    first = times.now.replace(minute=0, second=0, microsecond=0) + hour
    deliver(first + hour + timedelta(minutes=20), text="There", channel=late[0].channel)
    ids = [str(one.id) for one in late]
    client.post("/attention/late", data={"deliveries": ids, "decision": "hours"})
    db.session.expire_all()
    assert [d.due_at for d in late] == [first, first + 2 * hour, first + 3 * hour]
    assert [d.post.due_at for d in late] == [d.due_at for d in late]
    assert late[0].post.wall_time.endswith(":00")


def test_late_ones_are_discarded_and_nothing_goes_out(
    late: list[Delivery], publish: Act, network: DoubleNetwork, client: FlaskClient, db: Any
) -> None:
    ids = [str(one.id) for one in late]
    client.post("/attention/late", data={"deliveries": ids, "decision": "discard"})
    publish()
    db.session.expire_all()
    assert {d.state for d in late} == {"cancelled"}
    assert network.calls == []


def test_what_was_not_ticked_or_is_not_ours_stays(
    late: list[Delivery], client: FlaskClient, anonymous: FlaskClient, db: Any
) -> None:
    sent = {"decision": "discard"}
    assert client.post("/attention/late", data=sent).status_code == 303
    assert client.post("/attention/late", data={"decision": "all"}).status_code == 422
    ids = {"deliveries": [str(one.id) for one in late]}
    make.sign_in(anonymous, make.charlie())
    assert anonymous.post("/attention/late", data=sent | ids).status_code == 303
    db.session.expire_all()
    assert {d.hold for d in late} == {"late"}


def test_a_post_that_was_late_says_so_on_its_page_and_in_lists(
    times: Times, deliver: Deliver, publish: Act, client: FlaskClient, db: Any
) -> None:
    delivery = deliver(times.now)
    times.go(minutes=47)
    publish()
    assert "Published 47 min late" in client.get(f"/posts/{delivery.post_id}").text
    assert "published 47 min late" in client.get("/posts").text


def test_what_a_delivery_waits_for_stands_on_its_post(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient, db: Any
) -> None:  # fmt: skip
    network.idempotency = Idempotency.LIST
    network.faults.append("drop")
    asked = deliver(times.now)
    publish()
    assert "Asking the network again" in client.get(f"/posts/{asked.post_id}").text
    network.faults.append(Refused("Busy.", retry_at=times.now + timedelta(minutes=30)))
    again = deliver(times.now, text="Again")
    publish()
    assert "Trying again" in client.get(f"/posts/{again.post_id}").text
    budget = Budget(channel_id=again.channel_id, action="post", most=3, remaining=0)
    budget.reset_at = times.now + timedelta(hours=1)
    db.session.add(budget)
    waits = deliver(times.now, text="Waits", channel=again.channel)
    assert "Waits for the network&#39;s limit, until" in client.get(f"/posts/{waits.post_id}").text
    db.session.delete(budget)
    db.session.get(Organization, waits.organization_id).late_after = 0
    waits.channel.sent_at = times.go(minutes=10)
    db.session.commit()
    assert "Waits its turn" in client.get(f"/posts/{waits.post_id}").text
