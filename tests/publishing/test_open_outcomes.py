"""As long as nobody knows whether a post is out, nothing but a look at the network decides about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.channels.connecting import look_after
from app.channels.models import Channel, ChannelGrant
from app.networks import Idempotency, Refused
from app.publishing.outcomes import OLD_WORDS
from app.scheduler import composing
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from app.scheduler.words import PostWords
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Deliver, Act = Callable[..., Delivery], Callable[[], None]


@pytest.fixture
def unknown(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient
) -> Delivery:
    """Its reply was lost, and the network can't be asked."""
    network.idempotency = Idempotency.BLIND
    network.faults.append("lose")
    delivery = deliver(times.now)
    publish()
    assert (delivery.state, delivery.hold) == ("held", "needs_decision")
    return delivery


@pytest.mark.parametrize("path", ["publication", "move", "cancellation"])
def test_what_may_be_out_is_not_sent_moved_or_stopped_past_the_question(
    unknown: Delivery,
    publish: Act,
    network: DoubleNetwork,
    client: FlaskClient,
    times: Times,
    path: str,
) -> None:
    due = times.now + timedelta(days=2)
    data = {"due_at": f"{due:%Y-%m-%dT%H:%M}"}
    answer = client.post(f"/posts/{unknown.post_id}/{path}", data=data)
    assert answer.status_code == 409, answer.status_code
    assert "Needs your eyes" in answer.text
    publish()
    assert (unknown.state, network.calls.count("publish")) == ("held", 1)


def test_its_page_offers_only_the_way_to_the_question(
    unknown: Delivery, client: FlaskClient
) -> None:
    page: Any = client.get(f"/posts/{unknown.post_id}").text
    for path in ("publication", "move", "cancellation", "edit"):
        assert f"/posts/{unknown.post_id}/{path}" not in page, path
    assert f'href="/attention#delivery-{unknown.id}"' in page


def test_cancelling_the_rest_of_a_thread_keeps_what_is_up(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient, db: Any
) -> None:  # fmt: skip
    delivery = deliver(times.now)
    delivery.post.words.append(PostWords(kind="part", place=1, text="Second"))
    db.session.commit()
    network.faults.extend(["take", Refused("Too much.", permanent=True)])
    publish()
    assert client.post(f"/posts/{delivery.post_id}/cancellation").status_code == 303
    db.session.expire_all()
    assert (delivery.state, delivery.post.state) == ("published", "published")
    assert delivery.reason == "1 of 2 are up. Somebody left it there."
    assert client.post(f"/posts/{delivery.post_id}/deletion").status_code in (403, 409)


def test_a_channel_that_is_let_go_of_while_it_is_checked_stays_so(
    times: Times, network: DoubleNetwork, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = make.channel(make.alice(), "double")

    async def check(*_: Any) -> None:
        db.session.execute(db.delete(ChannelGrant))
        db.session.execute(db.update(Channel).values(state="disconnected"))
        db.session.commit()

    monkeypatch.setattr(network, "check", check)
    look_after(channel.id, times.now)
    db.session.commit()
    assert channel.state == "disconnected"


def test_what_goes_out_after_all_under_old_words_says_so(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, db: Any
) -> None:
    """While the sender stood still its try was looked for and not found, and the post became a
    thread: the network's late yes is true, and nothing of the thread may follow."""
    network.idempotency = Idempotency.LIST
    delivery = deliver(times.now)

    def meanwhile(_: Any) -> None:
        network.before_take = lambda parcel: None
        delivery.state, delivery.lease_token = "retry_wait", delivery.lease_token + 1
        said = Composition(
            *("Other", (delivery.channel,), (), times.now, "", "UTC"), further=("Second",)
        )
        member = make.member(make.alice())
        composing.revise(delivery.post, member, said, delivery.post.version, times.now)
        db.session.commit()

    network.before_take = meanwhile
    publish()
    publish()
    assert (delivery.state, delivery.reason) == ("published", OLD_WORDS)
    assert network.calls.count("publish") == 1


def test_what_stands_in_part_is_a_persons_and_not_edited(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, client: FlaskClient
) -> None:
    delivery = deliver(times.now)
    network.faults.append(Refused("Some of it stands.", permanent=True, partly=True))
    publish()
    assert (delivery.state, delivery.hold) == ("held", "needs_decision")
    assert delivery.reason == "Some of it stands."
    assert client.post(f"/posts/{delivery.post_id}/cancellation").status_code == 409
