"""Networks whose key is typed, or made on the connect page: shown there once, and never again."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.channels.models import Channel
from app.db import db as database
from tests.servers.doubles.receiver import SECRET, Receiver

DATABASES = ("sqlite",)
CONNECT = "/channels/connect/webhook"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def made_secret(page: str) -> str:
    found = re.search(r'name="secret"[^>]*value="(whsec_[^"]+)"', page)
    assert found
    return found[1]


def test_each_visit_offers_another_secret_that_no_cache_keeps(client: FlaskClient) -> None:
    one, two = client.get(CONNECT), client.get(CONNECT)
    assert made_secret(one.text) != made_secret(two.text)
    assert "no-store" in one.headers["Cache-Control"]


def test_a_mistake_keeps_the_secret_that_was_copied(client: FlaskClient) -> None:
    secret = made_secret(client.get(CONNECT).text)
    wrong = {"url": "http://127.0.0.1:9/", "secret": secret, "remembers": "y"}
    answer = client.post(CONNECT, data=wrong)
    assert answer.status_code == 422
    assert made_secret(answer.text.replace("&#43;", "+")) == secret
    assert re.search(r'name="remembers"[^>]*checked|checked[^>]*name="remembers"', answer.text)


@pytest.mark.proves("P7.3")
@pytest.mark.parametrize(("ticked", "kind"), [({"remembers": "y"}, "remembers"), ({}, "")])
def test_a_receiver_is_connected_and_neither_secret_nor_address_is_shown_again(
    client: FlaskClient, receiver: Receiver, ticked: dict[str, str], kind: str
) -> None:
    given = {"url": receiver.address, "secret": SECRET} | ticked
    answer = client.post(CONNECT, data=given)
    assert answer.status_code == 303, answer.text
    channel = database.session.scalars(database.select(Channel)).one()
    assert channel.grant and channel.grant.open().secrets == {
        "url": receiver.address,
        "secret": SECRET,
    }
    stored = str(database.session.execute(text("SELECT * FROM channel, channel_grant")).all())
    pages = client.get(answer.location).text + client.get("/channels").text
    for word in (SECRET, "canary-in-the-path"):
        assert word not in stored + pages
    assert channel.account.facts == {"kind": kind}
