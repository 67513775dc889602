"""Bluesky by OAuth through our own pages and the engine, against the real server."""

import asyncio
import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, http
from app.channels import registrations
from app.channels.connecting import look_after
from app.channels.models import Channel, ChannelGrant
from app.db import db as database
from app.networks import Grant, Refused
from app.networks.adapters.bluesky import oauth
from app.networks.registry import NETWORKS
from app.publishing import grants
from tests.servers.pds import Pds, Person
from tests.servers.pds.consent import Consent

HERE = "/channels/connect/bluesky"


@pytest.fixture
def grace(pds: Pds, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.setattr(NETWORKS["bluesky"], "api", pds.directory)
    yield pds.make_account("grace")


def connect(client: FlaskClient, pds: Pds, person: Person) -> Channel:
    answer = client.post(f"{HERE}/away", data={"handle": person.handle, "host": pds.url})
    assert answer.status_code == 200, answer.text
    found = re.search(r'href="(http[^"]+oauth/authorize[^"]+)"', answer.text)
    assert found
    said = Consent(pds, html.unescape(found[1])).say_yes(person)
    assert client.get(f"{HERE}/return", query_string=said).location.startswith("/channels/")
    database.session.rollback()
    return database.session.scalars(database.select(Channel)).one()


def fresh(channel: Channel) -> Grant | Refused | object:
    account, id = channel.account, channel.id

    async def ask() -> object:
        async with http.client() as web:
            return await grants.fresh_of(web, id, account)

    return asyncio.run(ask())


def test_connect_refresh_look_after_and_disconnect(
    client: FlaskClient, pds: Pds, grace: Person
) -> None:
    channel = connect(client, pds, grace)
    assert (channel.handle, channel.host, channel.state) == (grace.handle, pds.url, "active")
    assert channel.grant and channel.grant.ends_at
    before = channel.grant.open()
    grants.expire(channel.id)
    database.session.commit()
    after = fresh(channel)
    assert isinstance(after, Grant) and after.secrets["refresh"] != before.secrets["refresh"]
    grants.expire(channel.id)
    database.session.commit()
    look_after(channel.id, clock.now())
    assert channel.state == "active", channel.problem
    database.session.commit()
    kept = database.session.get_one(ChannelGrant, channel.id).open()
    client.post(f"/channels/{channel.id}/disconnection", data={"history": "keep"})
    database.session.rollback()
    assert database.session.scalars(database.select(ChannelGrant)).all() == []

    async def again() -> object:
        async with http.client() as web:
            return await oauth.refresh(web, kept)

    dead = asyncio.run(again())
    assert isinstance(dead, Refused) and dead.reconnect


def test_an_app_password_and_a_yes_are_one_channel(
    client: FlaskClient, pds: Pds, grace: Person
) -> None:
    typed = {"handle": grace.handle, "app_password": grace.app_password, "host": pds.url}
    client.post(HERE, data=typed)
    first = database.session.scalars(database.select(Channel)).one()
    first.host = "https://entryway.example"
    database.session.commit()
    assert connect(client, pds, grace).id == first.id


def test_the_document_stands_once_somebody_set_out(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(oauth.METADATA).status_code == 404
    registrations.keep("bluesky", "", oauth.new_app("https://allstac.example"), clock.now())
    database.session.commit()
    said = client.get(oauth.METADATA)
    assert said.is_json and said.json
    assert said.json["redirect_uris"] == [f"http://localhost{HERE}/return"]
    [key] = said.json["jwks"]["keys"]
    assert "d" not in key


def test_a_return_to_an_address_goes_on_at_our_name(client: FlaskClient) -> None:
    answer = client.get(f"http://127.0.0.1{HERE}/return?state=x&code=y")
    assert answer.location == f"http://localhost{HERE}/return?state=x&code=y"
    assert urlsplit(client.get("http://127.0.0.1/health/live").request.url).path == "/health/live"
