"""As long as nobody knows whether a post is out, nothing but a look at the network decides about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.networks import Idempotency
from app.scheduler.models import Delivery
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
