"""From a post to a real server that speaks Mastodon's language, through the engine. That server, snac,
ignores idempotency keys, so only reading back keeps a lost answer from becoming a second post."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app import clock
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db as database
from app.networks.adapters.mastodon import Mastodon
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from tests import make
from tests.networks.joining import join
from tests.servers.doubles.mastodon import Mastodon as Double
from tests.servers.fault_proxy import FaultProxy
from tests.servers.snac import Person, Snac

DATABASES = ("sqlite",)


@pytest.fixture(scope="module")
def writer(snac: Snac) -> Person:
    return snac.make_account("writer")


@pytest.fixture
def proxy(snac: Snac) -> Iterator[FaultProxy]:
    made = FaultProxy(snac.url, on="/api/v1/statuses")
    yield made
    made.stop()


@pytest.fixture
def channel(client: FlaskClient, snac: Snac, writer: Person, proxy: FaultProxy) -> Channel:
    """Alice's account there, reached through the proxy."""
    account, grant = join(Mastodon(), snac.url, lambda url: snac.say_yes(url, writer))
    behind = replace(account, host=proxy.url)
    made = attach(make.member(make.alice()), behind, grant, clock.now())
    database.session.commit()
    return made


def test_from_the_connect_form_to_the_page_of_the_post(
    client: FlaskClient, publish: Callable[[], None], snac: Snac, writer: Person
) -> None:
    onward = client.post("/channels/connect/mastodon/away", data={"host": f"{snac.url}/@me"})
    found = re.search(rf'href="({snac.url}/oauth/authorize[^"]+)"', onward.text)
    assert found, onward.text
    back = snac.say_yes(html.unescape(found[1]), writer)
    assert back.startswith("http://localhost/channels/connect/mastodon/return?")
    page = client.get(back.removeprefix("http://localhost"), follow_redirects=True)
    assert f"{writer.name}@" in page.text
    channel = database.session.scalars(database.select(Channel)).one()
    assert channel.limits().link_characters == 32, "as this server says"
    text = "From the form to the page"
    post = make.post(make.alice(), channel, text=text, due_at=clock.now())
    publish()
    (note,) = snac.notes(writer, text)
    shown = client.get(f"/posts/{post.id}").text
    assert "Published" in shown
    assert f'href="{note["id"]}"' in shown


def test_a_lost_answer_becomes_one_post_and_the_page_says_where(
    client: FlaskClient,
    publish: Callable[[], None],
    snac: Snac,
    writer: Person,
    proxy: FaultProxy,
    channel: Channel,
) -> None:
    text = "Read back, not sent twice"
    delivery = make.post(make.alice(), channel, text=text, due_at=clock.now()).deliveries[0]
    proxy.faults.append("lose")
    publish()
    publish()
    assert [attempt.state for attempt in delivery.attempts] == ["accepted"]
    (note,) = snac.notes(writer, text)
    assert (delivery.state, delivery.external_url) == ("published", note["id"])
    page = client.get(f"/posts/{delivery.post_id}").text
    assert "Published" in page
    assert f'href="{note["id"]}"' in page


def test_a_thread_and_its_first_comment_hang_together_there(
    client: FlaskClient,
    publish: Callable[[], None],
    snac: Snac,
    writer: Person,
    proxy: FaultProxy,
    channel: Channel,
) -> None:
    """The answer about the second part gets lost."""
    now = clock.now()
    made = Composition("One", (channel,), (), now, "", "UTC", further=("Two",), comment="Three")
    delivery: Delivery = write(make.member(make.alice()), made, "n", now).deliveries[0]
    database.session.commit()
    proxy.faults.extend(["pass", "lose"])
    for _ in range(3):
        publish()
    assert delivery.state == "published"
    one, two, three = (snac.notes(writer, text) for text in ("One", "Two", "Three"))
    assert [len(one), len(two), len(three)] == [1, 1, 1]
    assert not one[0].get("inReplyTo")
    assert two[0]["inReplyTo"] == one[0]["id"]
    assert three[0]["inReplyTo"] == two[0]["id"]


def test_a_first_comment_is_seen_by_those_who_see_the_post(
    client: FlaskClient, publish: Callable[[], None]
) -> None:
    """At the double, which takes what it is told; snac hides replies to what is hidden by itself."""
    double, now = Double(), clock.now()
    try:
        account, grant = join(Mastodon(), double.url, double.say_yes)
        channel = attach(make.member(make.alice()), account, grant, now)
        database.session.flush()
        asked = {channel.id: {"visibility": "private", "language": "de"}}
        made = Composition("One", (channel,), (), now, "", "UTC", comment="Two", options=asked)
        write(make.member(make.alice()), made, "n", now)
        database.session.commit()
        publish()
        sent = [post.more for post in double.posts.values()]
        assert [(one["visibility"], one["language"]) for one in sent] == [("private", "de")] * 2
    finally:
        double.stop()
