"""The way out, attacked: whatever is typed, answered or redirected to, nothing inside is reached and
nobody learns from the words whether something is there."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from aiohttp.resolver import ThreadedResolver
from flask import Flask
from flask.testing import FlaskClient

from app import http
from app.account.limits import Tally
from app.channels.models import Channel
from app.db import db as database
from app.networks import link_card
from tests.attacks import spellings
from tests.networks.test_guard import Canary

SENTENCE = "We could not reach that server."
RULES = {
    "Only https:// addresses are reached from here.",
    "An address with a name or password in it is not reached from here.",
    "Only the ordinary https port is reached from here.",
    "This is not a web address.",
    "That address leads in circles.",
}
PUBLIC = "93.184.216.34"
Found = list[dict[str, Any]]
long = pytest.mark.security_long


class Outside:
    """A double of the world: its name servers answer as an attacker's would, its public servers are
    not there. Everything inside this machine is real."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[], list[str]]] = {}
        self.inside: list[str] = []

    async def resolve(
        self, _: object, host: str, port: int = 0, family: int = 0, **__: object
    ) -> Found:
        return [self._record(host, port, where) for where in self._addresses(host)]

    def _addresses(self, host: str) -> list[str]:
        if host in self.answers:
            return self.answers[host]()
        try:  # the spellings that the system's own resolver takes for numbers, as `127.1`
            infos = socket.getaddrinfo(host, 0, flags=socket.AI_NUMERICHOST)
            return [str(info[4][0]) for info in infos]
        except (OSError, UnicodeError):
            return ["127.0.0.1", "::1"]

    def _record(self, host: str, port: int, where: str) -> dict[str, Any]:
        family = socket.AF_INET6 if ":" in where else socket.AF_INET
        return {
            "hostname": host, "host": where, "port": port, "family": family, "proto": 0,
            "flags": socket.AI_NUMERICHOST,
        }  # fmt: skip

    async def connect(self, real: Any, loop: Any, sock: socket.socket, where: Any) -> None:
        if where[0] == PUBLIC:
            raise ConnectionRefusedError("no packet leaves from tests")
        self.inside.append(where[0])
        if not ip_address(where[0].split("%")[0]).is_loopback:
            raise ConnectionRefusedError("no packet leaves from tests")
        await real(loop, sock, where)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    made = Outside()
    real = asyncio.SelectorEventLoop.sock_connect

    async def resolve(self: object, *args: Any, **kwargs: Any) -> Found:
        return await made.resolve(self, *args, **kwargs)

    async def connect(loop: Any, sock: socket.socket, where: Any) -> None:
        await made.connect(real, loop, sock, where)

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    monkeypatch.setattr("aiohttp.connector.DefaultResolver.resolve", resolve)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    return made


@pytest.fixture
def canaries() -> Iterator[list[Canary]]:
    """One on any port, one where a database would listen (unless one does)."""
    made = [Canary()]
    try:
        made.append(Canary(5432))
    except OSError:
        made.append(Canary())
    yield made
    for one in made:
        one.close()


def hits(canaries: list[Canary]) -> int:
    return sum(one.hits for one in canaries)


def send_all(urls: list[str], *, redirects: int = 0) -> list[tuple[str, object]]:
    """What production's client makes of each address."""

    async def run() -> list[tuple[str, object]]:
        return [(url, await _send(url, redirects)) for url in urls]

    return asyncio.run(run())


async def _send(url: str, redirects: int) -> object:
    async with http.Client(allow_private=False) as web:
        try:
            return await web.send("GET", url, redirects=redirects)
        except (http.NotSent, http.NoAnswer) as trouble:
            return trouble


def only_the_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule about schemes and ports: the last lock alone has to hold."""
    monkeypatch.setattr(http.Client, "_check", lambda *_: None)


def test_the_double_sees_what_is_reached(outside: Outside, canaries: list[Canary]) -> None:
    async def run() -> http.Answer:
        async with http.Client(allow_private=True) as web:
            return await web.send("GET", f"http://anything.test:{canaries[0].port}/")

    assert asyncio.run(run()).body == b"hi"
    assert (hits(canaries), outside.inside) == (1, ["127.0.0.1"])


@pytest.mark.proves("P7.0", double=True)
@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=long)])
def test_no_spelling_reaches_the_inside(
    outside: Outside, canaries: list[Canary], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    hosts = spellings.fixed()
    assert len(hosts) >= 300
    hosts += spellings.generated(1, count)
    seen = send_all([f"https://{host}/" for host in hosts])
    assert [url for url, answer in seen if str(answer) not in {SENTENCE, *RULES}] == []
    assert [url for url, answer in seen if not isinstance(answer, http.NotSent)] == []
    only_the_address_counts(monkeypatch)
    for one in canaries:
        seen = send_all([f"http://{host}:{one.port}/" for host in hosts])
        assert [url for url, answer in seen if str(answer) != SENTENCE] == []
    print(f"{len(hosts)} spellings, {hits(canaries)} hits, inside: {outside.inside}")
    assert (hits(canaries), outside.inside) == (0, [])


def test_no_way_of_writing_the_whole_address_reaches_the_inside(
    outside: Outside, canaries: list[Canary]
) -> None:
    hosts = ["127.0.0.1", "localhost", "169.254.169.254", "public.test"]
    urls = [form.format(host) for form in spellings.WRITTEN for host in hosts]
    seen = send_all(urls)
    assert [url for url, answer in seen if str(answer) not in {SENTENCE, *RULES}] == []
    assert (hits(canaries), outside.inside) == (0, [])


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=long)])
def test_a_name_may_change_its_mind_as_often_as_it_likes(
    outside: Outside, canaries: list[Canary], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Public at the first look, private at the second; or both at once, which a client would try in
    turn."""
    only_the_address_counts(monkeypatch)
    flips = [
        ["127.0.0.1"],
        ["::1"],
        [PUBLIC, "127.0.0.1"],
        ["::ffff:127.0.0.1", PUBLIC],
        ["0.0.0.0", "::1"],
    ]
    for n in range(count):
        looks = iter([[PUBLIC], flips[n % len(flips)], [PUBLIC], flips[(n + 1) % len(flips)]])
        outside.answers[f"flip{n}.test"] = lambda looks=looks: next(looks, ["127.0.0.1"])
        url = f"http://flip{n}.test:{canaries[n % 2].port}/"
        seen = send_all([url] * 5)
        assert {str(answer) for _, answer in seen} == {SENTENCE}
    print(f"{count} names, {hits(canaries)} hits, inside: {outside.inside}")
    assert (hits(canaries), outside.inside) == (0, [])


@pytest.fixture
def redirecting(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A double of public servers: {URL: where it redirects to}."""
    table: dict[str, str] = {}
    real = http.Client._send

    async def send(
        self: http.Client, method: str, url: str, once: bool, **what: Any
    ) -> http.Answer:
        if url in table:
            return http.Answer(302, {"Location": table[url]}, b"", url)
        return await real(self, method, url, once, **what)

    monkeypatch.setattr(http.Client, "_send", send)
    return table


def test_no_redirect_leads_inside(
    redirecting: dict[str, str], outside: Outside, canaries: list[Canary]
) -> None:
    """After one to three public hops; the fourth is not taken at all."""
    inward = [f"https://{host}/" for host in spellings.fixed()[::7]]
    inward += [form.format("127.0.0.1") for form in spellings.WRITTEN if not form.startswith("{")]
    inward += [f"http://127.0.0.1:{one.port}/" for one in canaries]
    starts = []
    for n, target in enumerate(inward):
        for hops in (1, 2, 3, 4):
            names = [f"https://hop{n}-{hops}-{hop}.test/" for hop in range(hops)]
            redirecting.update(zip(names, [*names[1:], target], strict=True))
            starts.append(names[0])
    seen = send_all(starts, redirects=3)
    assert [url for url, answer in seen if str(answer) not in {SENTENCE, *RULES}] == []
    print(f"{len(starts)} chains, {hits(canaries)} hits, inside: {outside.inside}")
    assert (hits(canaries), outside.inside) == (0, [])


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production: private addresses are not allowed."""
    settings = app.config["SETTINGS"].model_copy(update={"allow_private_hosts": False})
    monkeypatch.setitem(app.config, "SETTINGS", settings)


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=long)])
def test_connecting_to_a_hostile_server_says_one_sentence_and_keeps_nothing(
    client: FlaskClient, strict: None, outside: Outside, canaries: list[Canary], step: int
) -> None:
    port = canaries[0].port
    hosts = [
        *spellings.fixed()[::step],
        *(f.format("127.0.0.1") for f in spellings.WRITTEN[::step]),
    ]
    hosts += [f"http://127.0.0.1:{port}", f"127.0.0.1:{port}", f"https://localhost:{port}"]
    for host in hosts:
        database.session.execute(
            database.delete(Tally)
        )  # how often one may ask is not the question
        database.session.commit()
        sent = {"handle": "grace.example", "app_password": "aaaa-bbbb", "host": host}
        answer = client.post("/channels/connect/bluesky", data=sent)
        assert answer.status_code == 422, host
        assert any(sentence in answer.text for sentence in (SENTENCE, *RULES)), host
    assert database.session.scalars(database.select(Channel)).all() == []
    print(f"{len(hosts)} hosts typed, {hits(canaries)} hits, inside: {outside.inside}")
    assert (hits(canaries), outside.inside) == (0, [])


def test_a_link_card_is_not_fetched_from_inside(
    redirecting: dict[str, str], outside: Outside, canaries: list[Canary]
) -> None:
    redirecting["https://shortened.test/"] = f"http://127.0.0.1:{canaries[0].port}/"
    urls = [f"https://{host}/" for host in spellings.fixed()] + ["https://shortened.test/"]

    async def run() -> list[link_card.Card | None]:
        async with http.Client(allow_private=False) as web:
            return [await link_card.look_up(web, url) for url in urls]

    assert set(asyncio.run(run())) == {None}
    assert (hits(canaries), outside.inside) == (0, [])
