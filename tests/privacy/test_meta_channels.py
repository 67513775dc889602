"""Who takes our permission away at one of Meta's networks takes the keys of what was connected with
it: the ids in its signed requests are those that the adapters bring along."""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, http
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db as database
from app.networks import Away, Door, Network, Offer
from app.networks.adapters.facebook import Facebook
from app.networks.adapters.instagram import Instagram
from app.networks.adapters.threads import Threads
from tests import make
from tests.networks.adapters.meta_window import APP
from tests.privacy.test_meta import call, signed
from tests.servers.doubles import facebook, instagram, threads
from tests.servers.doubles.meta import MetaDouble

CASES = {
    "facebook": (Facebook, facebook.FacebookDouble, facebook.PERSON, 2),
    "instagram": (Instagram, instagram.InstagramDouble, instagram.SCOPED, 1),
    "threads": (Threads, threads.ThreadsDouble, threads.ACCOUNT, 1),
}


@pytest.fixture(scope="module", params=sorted(CASES))
def connected(request: pytest.FixtureRequest) -> Iterator[tuple[str, str, tuple[Offer, ...]]]:
    """The network, the person as its callbacks name them, and what connecting there offers."""
    kind, make_double, person, many = CASES[request.param]
    double: MetaDouble = make_double()
    adapter: Network = kind()
    adapter.api = double.url
    door = Door("https://allstac.example/back", "state", APP)
    offers = asyncio.run(_connect(adapter, door))
    double.stop()
    assert len(offers) == many
    yield request.param, person, offers


async def _connect(adapter: Network, door: Door) -> Any:
    async with http.client(allow_private=True) as web:
        away = await adapter.begin(web, {}, door)
        assert isinstance(away, Away)
        back = (await web.send("GET", away.url)).headers["Location"]
        return await adapter.finish(web, door, {}, dict(parse_qsl(urlsplit(back).query)))


@pytest.fixture
def at_meta(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {f"{name}_client_secret": f"secret-of-{name}" for name in CASES}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=secrets))


@pytest.mark.usefixtures("at_meta")
def test_the_person_who_leaves_takes_the_keys_of_what_they_connected(
    anonymous: FlaskClient, connected: tuple[str, str, tuple[Offer, ...]]
) -> None:
    network, person, offers = connected
    alice, dora = make.alice(), make.bob()
    theirs = [attach(make.member(alice), *offer, clock.now()).id for offer in offers]
    other = make.channel(dora, network, "another-account").id
    wall = make.channel(alice).id
    database.session.commit()
    sent = signed(f"secret-of-{network}", user_id=person)
    assert call(anonymous, sent, "deauthorize") == (200, {"status": "done"})
    database.session.expire_all()
    for id in theirs:
        gone = database.session.get_one(Channel, id)
        assert (gone.grant, gone.state) == (None, "needs_reconnect")
    for id in (other, wall):
        assert database.session.get_one(Channel, id).grant is not None


@pytest.mark.usefixtures("at_meta")
def test_the_same_id_at_another_of_its_networks_is_somebody_else(
    anonymous: FlaskClient, connected: tuple[str, str, tuple[Offer, ...]]
) -> None:
    network, person, offers = connected
    kept = attach(make.member(make.alice()), *offers[0], clock.now()).id
    database.session.commit()
    elsewhere = next(name for name in CASES if name != network)
    sent = signed(f"secret-of-{elsewhere}", user_id=person)
    assert call(anonymous, sent, "deauthorize")[0] == 200
    database.session.expire_all()
    assert database.session.get_one(Channel, kept).grant is not None
