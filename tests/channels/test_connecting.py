"""Connecting and letting go: against a real Bluesky server, keys sealed while they are held."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app import clock
from app.channels.connecting import connected, look_after
from app.channels.models import Channel, ChannelGrant
from app.db import db as database
from tests import make
from tests.servers.pds import Pds, Person


@pytest.fixture
def person(pds: Pds) -> Person:
    return pds.make_account("grace")


def connect(client: FlaskClient, pds: Pds, person: Person, **change: str) -> str:
    answers = {"handle": person.handle, "app_password": person.app_password, "host": pds.url}
    answer = client.post("/channels/connect/bluesky", data=answers | change)
    return f"{answer.status_code} {answer.text if answer.status_code != 303 else answer.location}"


def one_channel() -> Channel:
    return database.session.scalars(database.select(Channel)).one()


@pytest.mark.proves("P7.3")
def test_a_handle_and_an_app_password_connect_and_the_keys_are_sealed(
    client: FlaskClient, pds: Pds, person: Person
) -> None:
    said = connect(client, pds, person, handle=f" @{person.handle.upper()} ")
    assert said.startswith("303 /channels")
    channel = one_channel()
    assert (channel.handle, channel.account_id, channel.state) == (
        person.handle,
        person.did,
        "active",
    )
    grant = channel.grant
    assert grant
    secrets = grant.open().secrets
    assert secrets["access"].startswith("ey")
    stored = str(database.session.execute(text("SELECT * FROM channel_grant")).all())
    for word in (*secrets.values(), person.app_password):
        assert word not in stored


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"handle": ""}, 422, "Handle is needed."),
        ({"handle": "not a handle!"}, 422, "A handle looks like you.bsky.social."),
        ({"app_password": ""}, 422, "App password is needed."),
        (
            {"app_password": "wrong-wrong-wrong-wrong"},
            422,
            "Handle and app password don't belong together there.",
        ),
        ({"host": "http://localhost:9"}, 422, "We could not reach that server."),
        ({"host": "ftp://example.com"}, 422, "reached"),
        ({"host": "http://a:b@localhost"}, 422, "name or password"),
        ({"host": "http://[::bad"}, 422, "not a web address"),
    ],
)
def test_what_does_not_open_an_account_is_told_beside_its_field(
    client: FlaskClient, pds: Pds, person: Person, change: dict[str, str], status: int, words: str
) -> None:
    said = connect(client, pds, person, **change).replace("&#39;", "'")
    assert said.startswith(str(status))
    assert words in said
    if "handle" not in change:
        assert person.handle in said
    assert person.app_password not in said
    assert database.session.scalars(database.select(Channel)).all() == []


@pytest.mark.proves("P6.2")
def test_disconnecting_revokes_there_and_destroys_here(
    client: FlaskClient, pds: Pds, person: Person
) -> None:
    connect(client, pds, person)
    channel = one_channel()
    assert channel.grant
    refresh = channel.grant.open().secrets["refresh"]
    answer = client.post(f"/channels/{channel.id}/disconnection", follow_redirects=True)
    assert "The keys are revoked at the network and destroyed here." in answer.text
    database.session.expire_all()
    assert one_channel().state == "disconnected"
    assert database.session.scalars(database.select(ChannelGrant)).all() == []
    with pytest.raises(Exception, match=r"40[01]"):
        pds.call("com.atproto.server.refreshSession", body={}, token=refresh)


def test_connecting_again_brings_the_same_channel_back(
    client: FlaskClient, pds: Pds, person: Person
) -> None:
    connect(client, pds, person)
    id = one_channel().id
    client.post(f"/channels/{id}/disconnection")
    connect(client, pds, person)
    database.session.expire_all()
    assert (one_channel().id, one_channel().state) == (id, "active")


def test_a_revoked_app_password_shows_as_a_channel_to_reconnect(
    client: FlaskClient, pds: Pds, person: Person
) -> None:
    connect(client, pds, person)
    channel = one_channel()
    look_after(channel.id, clock.now())
    assert one_channel().state == "active"
    owner = pds.call(
        "com.atproto.server.createSession",
        {"identifier": person.handle, "password": person.password},
    )
    pds.call("com.atproto.server.revokeAppPassword", {"name": "t"}, owner["accessJwt"])
    grant = database.session.get_one(ChannelGrant, channel.id)
    opened = grant.open()
    opened.secrets["access"] = "stale.stale.stale"
    grant.keep(opened)
    database.session.commit()
    look_after(channel.id, clock.now())
    database.session.commit()
    assert one_channel().state == "needs_reconnect"
    assert "Connect the channel again" in client.get(f"/channels/{channel.id}").text


@pytest.mark.parametrize("role", ["editor", "approver", "viewer"])
def test_only_owners_and_admins_connect(anonymous: FlaskClient, role: str) -> None:
    make.sign_in(anonymous, make.bob(role))
    assert anonymous.get("/channels/connect/bluesky").status_code == 403
    assert anonymous.get("/channels").status_code == 200


def test_an_unknown_network_is_not_found(client: FlaskClient) -> None:
    assert client.get("/channels/connect/myspace").status_code == 404


def test_an_organisation_that_goes_lets_go_of_its_own_channels_only(db: object) -> None:
    theirs, ours = make.channel(make.charlie()), make.channel(make.alice())
    assert connected(ours.organization_id) == [ours.id]
    assert connected(theirs.organization_id) == [theirs.id]
