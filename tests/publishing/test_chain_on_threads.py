"""A chain on a network of containers, through the whole engine: the double of Threads loses answers and
works slowly, and each part stands there once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.channels.connecting import attach
from app.networks import Account, Grant, registry
from app.networks.adapters.threads import Threads
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from tests import make
from tests.servers.doubles.threads import ACCOUNT, HANDLE, ThreadsDouble
from tests.times import Times

PARTS = ("One", "Two", "Three", "And a link")


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadsDouble]:
    running, adapter = ThreadsDouble(), Threads()
    adapter.api, adapter.pause = running.url, 0.01
    monkeypatch.setitem(registry.NETWORKS, "threads", adapter)
    yield running
    running.stop()


@pytest.fixture
def chain(db: Any, double: ThreadsDouble, times: Times) -> Delivery:
    member = make.member(make.alice())
    account = Account("threads", "https://www.threads.net", ACCOUNT, HANDLE, HANDLE, "")
    channel = attach(member, account, Grant({"token": "token-1"}, None), clock.now())
    made = Composition(
        "One", (channel,), (), times.now, "", "UTC", further=PARTS[1:3], comment=PARTS[3]
    )
    post = write(member, made, "n", clock.now())
    db.session.commit()
    return post.deliveries[0]


def standing(double: ThreadsDouble) -> list[str]:
    """The chain as it hangs, from the first post on."""
    under = {post.reply_to: post for post in double.posts.values()}
    found, at = [], ""
    while at in under:
        found.append(under[at].text)
        at = under[at].id
    assert len(found) == len(double.posts)
    return found


@pytest.mark.parametrize(
    "faults", [[], ["lose"], ["500 before", "500 after"], ["429 seconds", "drop", "truncated"]]
)
def test_each_part_stands_once_under_the_one_before(
    chain: Delivery,
    double: ThreadsDouble,
    publish: Callable[[], None],
    times: Times,
    faults: list[str],
) -> None:
    double.works = 1
    double.faults.extend(faults)
    for _ in range(60):
        publish()
        if chain.state == "published":
            break
        times.go(seconds=45)
    assert (chain.state, chain.reason) == ("published", "")
    assert standing(double) == list(PARTS)
    assert chain.published_at and chain.published_at - chain.due_at < timedelta(minutes=30)
