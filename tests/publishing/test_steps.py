"""Threads, first comments and slow networks: one request per part, each with its own intent; what is
up stays up, and nothing is sent twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import Absent, Idempotency, Partly, Processing, Published, Refused, Unknown
from app.scheduler import composing
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from app.scheduler.saying import Words
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Act = Callable[[], None]
THREAD = Words(("One", "Two", "Three"))


@pytest.fixture
def thread(db: Any, network: DoubleNetwork, times: Times) -> Callable[..., Delivery]:
    """A thread of Alice's, due now."""

    def made(words: Words = THREAD) -> Delivery:
        alice = make.alice()
        channel = make.channel(alice, "double")
        said = Composition(
            *(words.parts[0], (channel,), (), times.now, "", "UTC"),
            further=words.parts[1:],
            comment=words.comment,
        )
        post = composing.write(make.member(alice), said, "thread", times.now)
        db.session.commit()
        return post.deliveries[0]

    return made


def texts(network: DoubleNetwork) -> list[str]:
    return [post["text"] for posts in network.taken.values() for post in posts]


def test_each_part_has_a_key_and_an_attempt_of_its_own(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork
) -> None:
    delivery = thread()
    publish()
    assert delivery.state == "published"
    assert texts(network) == ["One", "Two", "Three"]
    assert [attempt.step for attempt in delivery.attempts] == [0, 1, 2]
    assert len({attempt.key for attempt in delivery.attempts}) == 3
    assert [part["id"] for part in delivery.steps] == list(network.taken)
    assert delivery.external_id == delivery.steps[0]["id"]


def test_a_part_hangs_under_those_before_it(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork
) -> None:
    before: list[list[str]] = []
    network.before_take = lambda parcel: before.append([p.external_id for p in parcel.before])
    thread()
    publish()
    keys = list(network.taken)
    assert before == [[], keys[:1], keys[:2]]


def test_the_first_comment_is_the_last_step(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork
) -> None:
    delivery = thread(Words(("One",), "More in the shop"))
    publish()
    assert delivery.state == "published"
    assert texts(network) == ["One", "More in the shop"]


@pytest.mark.parametrize("kind", [Idempotency.EXACT, Idempotency.LIST])
def test_a_lost_reply_in_the_middle_is_read_back_and_the_rest_goes_on(
    thread: Callable[..., Delivery],
    publish: Act,
    network: DoubleNetwork,
    kind: Idempotency,
) -> None:
    network.idempotency = kind
    delivery = thread()
    network.faults.extend(["take", "lose"])
    publish()
    assert delivery.state == "published"
    assert [one.answer for one in delivery.attempts] == [
        "Accepted.",
        "Found on the network by reading back.",
        "Accepted.",
    ]
    assert texts(network) == ["One", "Two", "Three"]


def test_a_refusal_in_the_middle_says_how_far_it_came_and_goes_on_from_there(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times, db: Any
) -> None:
    delivery = thread()
    network.faults.extend(["take", Refused("Too fast.", permanent=True)])
    publish()
    assert delivery.state == "failed"
    assert delivery.reason == "1 of 3 are up, then: Too fast."
    composing.release(delivery.post, make.member(make.alice()), times.now)
    db.session.commit()
    publish()
    assert delivery.state == "published"
    assert texts(network) == ["One", "Two", "Three"]


def test_a_sender_that_dies_between_two_parts_goes_on_with_the_next(
    thread: Callable[..., Delivery],
    publish: Act,
    sweep: Act,
    network: DoubleNetwork,
    times: Times,
    db: Any,
) -> None:
    delivery = thread()
    network.faults.extend(["take", Refused("Wait.")])
    publish()
    db.session.execute(
        db.update(Delivery).values(state="sending", lease_until=times.now - timedelta(seconds=1))
    )
    db.session.commit()
    sweep()
    assert delivery.state == "retry_wait"
    publish()
    assert (delivery.state, texts(network)) == ("published", ["One", "Two", "Three"])


def test_what_the_network_works_on_is_asked_about_until_it_is_done(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    delivery = thread(Words(("One",)))
    network.faults.append(Processing("h1"))
    network.find_faults.extend([Processing("h1"), Published("9", "https://double.example/9")])
    publish()
    assert (delivery.state, delivery.handle) == ("processing", "h1")
    assert "working on it" in delivery.reason
    for _ in range(2):
        times.go(seconds=10)
        publish()
    assert (delivery.state, delivery.external_id) == ("published", "9")
    assert network.calls.count("publish") == 1


def test_what_the_network_could_not_work_on_fails_with_its_words(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    delivery = thread(Words(("One",)))
    network.faults.append(Processing("h1"))
    network.find_faults.append(Refused("The video is broken.", permanent=True))
    publish()
    times.go(seconds=10)
    publish()
    assert (delivery.state, delivery.reason) == ("failed", "The video is broken.")


def test_media_go_up_in_stretches_and_a_stretch_is_never_sent_again(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    delivery = thread(Words(("One",)))
    seen: list[dict[str, Any]] = []
    network.before_prepare = seen.append
    later = times.now + timedelta(seconds=30)
    network.prepare_faults.extend([Partly({"sent": 1}), Partly({"sent": 2}, later)])
    publish()
    assert seen == [{}, {"sent": 1}]
    assert (delivery.state, delivery.lease_until) == ("scheduled", None)
    publish()
    assert len(seen) == 2
    times.go(seconds=31)
    publish()
    assert seen[2] == {"sent": 2}
    assert delivery.state == "published"


def test_what_ran_out_ahead_of_time_is_prepared_again(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    delivery = thread(Words(("One",)))
    network.faults.append(Refused("The container is gone.", prepare_again=True))
    publish()
    publish()
    assert delivery.state == "published"
    assert network.calls.count("prepare") == 2


def test_reading_back_that_is_forbidden_asks_a_person(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    network.idempotency = Idempotency.LIST
    delivery = thread(Words(("One",)))
    network.faults.append("lose")
    network.find_faults.append(Refused("This app may not read.", permanent=True))
    publish()
    times.go(seconds=10)
    publish()
    assert (delivery.state, delivery.hold) == ("held", "needs_decision")
    assert "This app may not read." in delivery.reason


def test_ids_of_other_posts_are_never_taken_for_this_one(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    network.idempotency = Idempotency.LIST
    delivery = thread()
    taken: list[frozenset[str]] = []
    network.before_find = lambda parcel: taken.append(parcel.taken)
    network.find_faults.append(Absent())
    network.faults.extend(["take", Unknown("Lost.")])
    publish()
    times.go(seconds=10)
    publish()
    assert taken == [frozenset({delivery.steps[0]["id"]})]
    assert clock.now() == times.now


def test_reading_back_keeps_to_the_wait_that_the_network_names(
    thread: Callable[..., Delivery], publish: Act, network: DoubleNetwork, times: Times
) -> None:
    network.idempotency = Idempotency.LIST
    again = times.now + timedelta(hours=3)
    delivery = thread(Words(("One",)))
    network.faults.append("lose")
    network.find_faults.append(Refused("Wait.", retry_at=again))
    publish()
    times.go(seconds=10)
    publish()
    assert (delivery.state, delivery.not_before) == ("confirming", again)
