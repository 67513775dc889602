"""The queue of a channel: free slots between the posts, and another order of them."""

from datetime import datetime
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.channels.models import Channel
from app.db import db as database
from app.scheduler.models import Delivery, Post
from tests import make
from tests.scheduler.test_slots import add, channel, due, send  # noqa: F401  # fixtures

DATABASES = ("sqlite",)
IN_ORDER = ["Tue 24 15:00", "Thu 26 15:00", "Tue 01 15:00"]


@pytest.fixture
def three(client: FlaskClient, channel: Channel) -> FlaskClient:  # noqa: F811
    add(channel, "15:00")
    for number in range(3):
        send(client, channel, text=f"Post {number + 1}")
    return client


def test_the_queue_shows_the_free_slots_between(three: FlaskClient) -> None:
    three.post("/posts/2/cancellation")
    page = three.get("/queue?channel=1").text
    places = [page.index(words) for words in ("Post 1", "Free slot", "Post 3")]
    assert places == sorted(places)
    assert "/posts/new?at=2026-11-26T15%3A00&amp;channel=1" in page
    assert "Free slot" in three.get("/queue").text
    assert three.get("/queue?channel=99").status_code == 404


def test_a_free_slot_opens_the_composer_at_its_time(three: FlaskClient) -> None:
    page = three.get("/posts/new?at=2026-12-03T15%3A00&channel=1").text
    assert 'value="2026-12-03T15:00"' in page
    for odd in ("at=soon", "at=2026-13-01T10:00&channel=x", "channel=99999999999"):
        assert three.get(f"/posts/new?{odd}").status_code == 200


def test_up_and_down_trade_places(three: FlaskClient) -> None:
    answer = three.post("/queue/1/order", data={"up": "3"})
    assert urlsplit(answer.location).query == "channel=1&moved=3&way=up"
    assert due() == [IN_ORDER[0], IN_ORDER[2], IN_ORDER[1]]
    three.post("/queue/1/order", data={"down": "1"})
    assert due() == [IN_ORDER[1], IN_ORDER[2], IN_ORDER[0]]
    posts = database.session.scalars(select(Post).order_by(Post.id)).all()
    assert [one.due_at for one in posts] == [one.deliveries[0].due_at for one in posts]
    assert [one.version for one in posts] == [2, 2, 3]
    assert "autofocus" in three.get("/queue?channel=1&moved=1").text


def test_an_end_of_the_queue_goes_no_further(three: FlaskClient) -> None:
    for sent in ({"up": "1"}, {"down": "3"}, {"up": "77"}, {"order": "1,2"}, {"order": "x"}, {}):
        page = three.post("/queue/1/order", data=sent, follow_redirects=True).text
        assert "The queue changed meanwhile" in page
    assert due() == IN_ORDER


def test_a_shuffle_is_shown_first_used_and_put_back(three: FlaskClient) -> None:
    page = three.get("/queue/1/order").text
    order = page.split('name="order" value="')[1].split('"')[0]
    assert due() == IN_ORDER, "nothing is changed by looking"
    assert order != "1,2,3"
    answer = three.post("/queue/1/order", data={"order": order})
    assert [due()[int(id) - 1] for id in order.split(",")] == IN_ORDER
    page = three.get(answer.location).text
    assert "Put the old order back" in page
    three.post("/queue/1/order", data={"order": "1,2,3"})
    assert due() == IN_ORDER


def test_an_order_for_another_queue_is_not_used(three: FlaskClient) -> None:
    send(three, database.session.get_one(Channel, 1))
    three.post("/queue/1/order", data={"order": "3,2,1"})
    assert due()[:3] == IN_ORDER


def test_an_editor_moves_only_what_is_their_own(three: FlaskClient) -> None:
    bob = make.bob()
    client = three.application.test_client()
    make.sign_in(client, bob)
    assert "Move up" not in client.get("/queue?channel=1").text
    assert client.post("/queue/1/order", data={"up": "2"}).status_code == 403
    assert due() == IN_ORDER


def test_a_time_of_its_own_stays_and_the_engine_loses_what_it_had_claimed(
    three: FlaskClient,
) -> None:
    send(three, database.session.get_one(Channel, 1), when="at", due_at="2026-11-25T10:00")
    before = database.session.get_one(Delivery, 3).lease_token
    three.post("/queue/1/order", data={"order": "3,2,1"})
    assert due() == [*reversed(IN_ORDER), "Wed 25 10:00"]
    assert database.session.get_one(Delivery, 3).lease_token == before + 1


def test_what_leaves_in_a_moment_is_not_moved(
    three: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = datetime.fromisoformat("2026-11-24T14:59:00+01:00")
    monkeypatch.setattr(clock, "now", lambda: soon)
    three.post("/queue/1/order", data={"up": "2"})
    assert due() == IN_ORDER
