"""OAuth against a real Bluesky server: pushed request, PKCE, DPoP, rotation, revocation."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from app import clock, http
from app.networks import (
    Account,
    App,
    Away,
    Door,
    Grant,
    Parcel,
    Piece,
    Published,
    Refused,
    Way,
)
from app.networks.adapters.bluesky import Bluesky, dpop, oauth
from tests.servers.pds import Pds, Person
from tests.servers.pds.consent import Consent

BASE = "http://localhost:8000"
DOOR = Door(f"{BASE}/channels/connect/bluesky/return", "a-state", None, BASE)
Opened = tuple[Account, Grant]


def run(question: Callable[[http.Client], Awaitable[Any]]) -> Any:
    async def ask() -> Any:
        async with http.client(allow_private=True) as web:
            return await question(web)

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def network(pds: Pds) -> Bluesky:
    made = Bluesky()
    made.api = pds.directory
    return made


@pytest.fixture(scope="module")
def grace(pds: Pds) -> Person:
    return pds.make_account("grace")


def leave(network: Bluesky, pds: Pds, handle: str = "") -> Any:
    answers = {"handle": handle, "host": pds.url}
    return run(lambda web: network.begin(web, answers, DOOR))


def finish(network: Bluesky, away: Away, said: dict[str, str]) -> Any:
    return run(lambda web: network.finish(web, DOOR, away.kept, said))


@pytest.fixture(scope="module")
def opened(network: Bluesky, pds: Pds, grace: Person) -> Iterator[Opened]:
    away = leave(network, pds, grace.handle)
    assert isinstance(away, Away), away
    said = Consent(pds, away.url).say_yes(grace)
    assert (said["state"], said["iss"]) == ("a-state", pds.url)
    offers = finish(network, away, said)
    assert isinstance(offers, tuple), offers
    yield offers[0]


def publish(network: Bluesky, account: Account, grant: Grant, text: str) -> Any:
    now = clock.now()
    made = run(lambda web: network.prepare(web, account, grant, Piece(text), now, {}))
    parcel = Parcel(network.new_key(now.microsecond, now), now, made)
    return run(lambda web: network.publish(web, account, grant, parcel))


def test_a_handle_leads_to_its_own_server_and_account(
    opened: Opened, pds: Pds, grace: Person
) -> None:
    account, grant = opened
    assert (account.account_id, account.handle, account.host) == (
        grace.did,
        grace.handle,
        pds.url,
    )
    assert grant.expires_at and grant.expires_at < clock.now() + timedelta(hours=1, minutes=1)
    assert grant.ends_at and grant.ends_at < clock.now() + timedelta(days=15)


def test_it_publishes_with_proofs_and_the_keys_alone_open_nothing(
    network: Bluesky, opened: Opened, pds: Pds, grace: Person
) -> None:
    assert isinstance(publish(network, *opened, "By OAuth"), Published)
    assert [one["value"]["text"] for one in pds.records(grace.did)] == ["By OAuth"]
    account, grant = opened
    bare = {name: value for name, value in grant.secrets.items() if name != "key"}
    stolen = publish(network, account, replace(grant, secrets=bare), "Stolen")
    assert isinstance(stolen, Refused)
    other = replace(grant, secrets=grant.secrets | {"key": json.dumps(dpop.new_key())})
    assert isinstance(publish(network, account, other, "Stolen"), Refused)
    assert len(pds.records(grace.did)) == 1
    assert run(lambda web: network.check(web, account, grant)) is None


@pytest.mark.parametrize(
    "change", [{"iss": "https://mixed-up.example"}, {"iss": ""}, {"code": "cod-x"}, {"code": ""}]
)
def test_another_answer_opens_nothing(
    network: Bluesky, pds: Pds, grace: Person, change: dict[str, str]
) -> None:
    away = leave(network, pds, grace.handle)
    good = {"state": "a-state", "iss": pds.url, "code": "cod-unknown"}
    assert isinstance(finish(network, away, good | change), Refused)


def test_another_person_than_the_one_who_was_named(network: Bluesky, pds: Pds) -> None:
    named, other = pds.make_account("heidi"), pds.make_account("ivan")
    away = leave(network, pds, named.handle)
    kept = away.kept | {"did": other.did}
    said = Consent(pds, away.url).say_yes(named)
    assert finish(network, replace(away, kept=kept), said) == oauth.OTHER


def test_a_server_without_a_handle_is_enough(network: Bluesky, pds: Pds, grace: Person) -> None:
    away = leave(network, pds)
    [(account, _)] = finish(network, away, Consent(pds, away.url).say_yes(grace))
    assert account.account_id == grace.did


@pytest.mark.parametrize("handle", ["nobody-at-all.test", "not a handle!"])
def test_a_handle_of_nobody(network: Bluesky, pds: Pds, handle: str) -> None:
    said = leave(network, pds, handle)
    assert isinstance(said, Refused) and said.field == "handle"


def test_a_server_of_another_kind(network: Bluesky, pds: Pds) -> None:
    answers = {"host": pds.directory}
    said = run(lambda web: network.begin(web, answers, DOOR))
    assert isinstance(said, Refused) and said.field == "host"


def test_keys_rotate_and_revoked_ones_are_dead(network: Bluesky, pds: Pds) -> None:
    person = pds.make_account("judy")
    away = leave(network, pds, person.handle)
    [(account, grant)] = finish(network, away, Consent(pds, away.url).say_yes(person))
    newer = run(lambda web: network.refresh(web, account, grant))
    assert isinstance(newer, Grant)
    assert newer.secrets["refresh"] != grant.secrets["refresh"]
    assert newer.ends_at == grant.ends_at
    stale = publish(network, account, grant, "With old keys")
    assert isinstance(stale, Refused) and stale.stale_token
    assert isinstance(publish(network, account, newer, "With new keys"), Published)
    assert run(lambda web: network.revoke(web, account, newer)) is None
    dead = run(lambda web: network.refresh(web, account, newer))
    assert isinstance(dead, Refused) and dead.reconnect
    assert [one["value"]["text"] for one in pds.records(person.did)] == ["With new keys"]


def test_a_refresh_token_that_is_used_twice_ends_it(network: Bluesky, pds: Pds) -> None:
    person = pds.make_account("karl")
    away = leave(network, pds, person.handle)
    [(account, grant)] = finish(network, away, Consent(pds, away.url).say_yes(person))
    assert isinstance(run(lambda web: network.refresh(web, account, grant)), Grant)
    again = run(lambda web: network.refresh(web, account, grant))
    assert isinstance(again, Refused) and again.reconnect


def test_an_instance_on_the_web_is_known_by_its_document_and_key() -> None:
    base = "https://allstac.example"
    app = oauth.new_app(base)
    door = Door(f"{base}/back", "s", app, base)
    assert oauth.client_id_of(door, oauth.way_back(door)) == app.client_id
    shown = oauth.metadata(base, door.redirect_uri, "AllStac", app)
    assert shown["client_id"] == f"{base}/oauth/bluesky/client-metadata.json"
    assert shown["redirect_uris"] == [door.redirect_uri]
    [key] = shown["jwks"]["keys"]
    assert "d" not in key and json.loads(app.client_secret)["d"] not in json.dumps(shown)
    more = oauth._assertion(app, app.client_id, "https://server.example")
    token = jwt.decode(more["client_assertion"], ECKey.import_key(key))
    assert token.header["kid"] == key["kid"]
    assert token.claims["iss"] == token.claims["sub"] == app.client_id
    assert token.claims["aud"] == "https://server.example"
    assert oauth._assertion(App("http://localhost"), "x", "y") == {}


def test_both_ways_lead_in() -> None:
    assert Bluesky.ways == (Way.AWAY, Way.FORM)
