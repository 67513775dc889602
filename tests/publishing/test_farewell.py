"""Letting a channel go: keep, forget or erase its history; what waits is told of, what is held stays."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import clock
from app.channels.models import Channel, ChannelGrant
from app.db import db as database
from app.networks import Refused, Unknown
from app.networks.registry import NETWORKS
from app.privacy import holds
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery, Post
from tests import make


def published(channel: Channel) -> Post:
    post = make.post(make.alice(), channel, text="Stands there")
    [delivery] = post.deliveries
    delivery.state, delivery.external_id = "published", "far-1"
    delivery.external_url, post.state = "https://far.example/1", "published"
    database.session.add(
        Attempt(
            delivery_id=delivery.id, n=1, fence=1, state="accepted", key="k", content_hash="",
            started_at=clock.now(),
        )
    )  # fmt: skip
    database.session.commit()
    return post


def let_go(client: FlaskClient, id: int, history: str = "keep") -> Any:
    answer = client.post(f"/channels/{id}/disconnection", data={"history": history})
    database.session.rollback()
    database.session.expire_all()
    return answer


@pytest.fixture
def channel(client: FlaskClient) -> Channel:
    return make.channel(make.alice(), name="grace")


def count(model: Any) -> int:
    return len(database.session.scalars(database.select(model)).all())


def test_the_page_says_how_many_posts_wait(client: FlaskClient, channel: Channel) -> None:
    for text in ("One", "Two"):
        make.post(make.alice(), channel, text=text)
    shown = client.get(f"/channels/{channel.id}/disconnection").text
    assert "2 posts wait for this channel." in shown
    assert all(words in shown for words in ("Keep the history", "Erase the channel"))


def test_history_is_kept(client: FlaskClient, channel: Channel) -> None:
    post = published(channel)
    assert let_go(client, channel.id).location == "/channels"
    assert (channel.state, channel.handle, channel.grant) == ("disconnected", "grace.test", None)
    assert post.deliveries[0].external_id == "far-1"


def test_the_account_is_forgotten_and_the_posts_stay(client: FlaskClient, channel: Channel) -> None:
    post = published(channel)
    let_go(client, channel.id, "anonymise")
    row = str(database.session.execute(database.select(Channel.__table__)).all())
    row += str(database.session.execute(database.select(Delivery.__table__)).all())
    assert "grace" not in row and "far" not in row and "localhost:1" not in row
    assert (post.text, post.state) == ("Stands there", "published")
    assert client.get(f"/posts/{post.id}").status_code == 200
    again = make.channel(make.alice(), name="grace")
    assert again.id != channel.id


def test_the_channel_is_erased_with_what_hangs_on_it(client: FlaskClient, channel: Channel) -> None:
    other = make.channel(make.alice(), name="heidi")
    stands, alone = published(channel), make.post(make.alice(), channel, text="Alone")
    both = make.post(make.alice(), channel, other, text="Both")
    ids = [post.id for post in (stands, alone, both)]
    let_go(client, channel.id, "erase")
    assert [one.id for one in database.session.scalars(database.select(Channel))] == [other.id]
    assert (count(Attempt), count(ChannelGrant), count(Delivery)) == (0, 1, 1)
    posts = [database.session.get_one(Post, id) for id in ids]
    assert [post.state for post in posts] == ["published", "draft", "scheduled"]
    assert posts[1].due_at is None
    assert [client.get(f"/posts/{id}").status_code for id in ids] == [200] * 3


@pytest.mark.parametrize("history", ["anonymise", "erase"])
def test_a_legal_hold_keeps_it_and_nothing_happens(
    client: FlaskClient, channel: Channel, history: str
) -> None:
    published(channel)
    day = (clock.now() + timedelta(days=60)).date()
    held = ("user", make.alice().id, "A court", "A case", day, make.bob().id, clock.now())
    hold = holds.place(*held)
    holds.approve(hold, make.charlie().id, clock.now())
    database.session.commit()
    answer = let_go(client, channel.id, history)
    assert answer.status_code == 409 and "A legal hold keeps this" in answer.text
    assert (channel.state, channel.handle) == ("active", "grace.test")
    assert channel.grant
    holds.release(hold, make.bob().id, clock.now())
    database.session.commit()
    assert let_go(client, channel.id, history).status_code == 303


def test_what_is_leaving_is_waited_for(client: FlaskClient, channel: Channel) -> None:
    post = published(channel)
    post.deliveries[0].state = "sending"
    database.session.commit()
    assert let_go(client, channel.id, "erase").status_code == 409
    assert channel.grant


@pytest.mark.parametrize("answer", [Unknown("No answer came."), Refused("Take it back there.")])
def test_keys_are_destroyed_whatever_the_network_answers(
    client: FlaskClient, channel: Channel, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    async def revoke(*_: object) -> Any:
        return answer

    monkeypatch.setattr(NETWORKS["sandbox"], "revoke", revoke)
    told = client.post(f"/channels/{channel.id}/disconnection", follow_redirects=True).text
    assert answer.reason in told and "take the permission back there" in told
    assert count(ChannelGrant) == 0


def test_another_choice_is_no_choice(client: FlaskClient, channel: Channel) -> None:
    assert let_go(client, channel.id, "explode").status_code == 422
    assert channel.grant
