"""From the post to receivers of one's own and back, through the engine: what is done when an answer
gets lost, and what the timeline tells."""

from collections.abc import Callable, Iterator

import pytest

from app import clock
from app.channels.connecting import attach
from app.db import db as database
from app.networks import Account, Grant
from app.networks.adapters import webhook
from app.networks.adapters.nostr import keys
from app.scheduler.models import Delivery
from tests import make
from tests.servers.doubles.nostr import NostrDouble
from tests.servers.doubles.receiver import SECRET, Receiver

DATABASES = ("sqlite",)
KEY = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def relay() -> Iterator[NostrDouble]:
    made = NostrDouble()
    yield made
    made.stop()


def due(account: Account, secrets: dict[str, str]) -> Delivery:
    alice = make.alice()
    channel = attach(make.member(alice), account, Grant(secrets, None), clock.now())
    database.session.commit()
    return make.post(alice, channel, due_at=clock.now()).deliveries[0]


@pytest.mark.parametrize(("ticked", "states"), [("yes", ["absent", "accepted"]), ("", ["unknown"])])
def test_a_lost_answer_is_sent_again_only_to_a_receiver_that_remembers(
    db: object,
    publish: Callable[[], None],
    receiver: Receiver,
    ticked: str,
    states: list[str],
) -> None:
    receiver.remembers = bool(ticked)
    account = webhook._account(receiver.address, ticked)
    delivery = due(account, {"url": receiver.address, "secret": SECRET})
    receiver.faults.append("lose")
    for _ in range(3):
        publish()
    assert [attempt.state for attempt in delivery.attempts] == states
    assert len(receiver.standing("Hello")) == 1
    if ticked:
        assert delivery.state == "published"
    else:
        assert (delivery.state, delivery.hold) == ("held", "needs_decision")


def test_the_timeline_tells_what_each_relay_said(
    db: object, publish: Callable[[], None], relay: NostrDouble
) -> None:
    away = "ws://127.0.0.1:9"
    facts = {"relays": [relay.relay, away]}
    account = Account("nostr", "nostr", keys.public(KEY), "npub", "npub", "", facts)
    delivery = due(account, {"key": KEY})
    publish()
    [attempt] = delivery.attempts
    assert (delivery.state, attempt.state) == ("published", "accepted")
    assert attempt.answer.startswith(f"Accepted. {relay.relay}: accepted; {away}: ")
    assert len(relay.standing("Hello")) == 1
