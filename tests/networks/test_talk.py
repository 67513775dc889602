"""A WebSocket goes the same guarded way out as every request."""

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import web

from app import http
from tests.networks.test_guard import Canary, canary
from tests.servers.doubles import Double

__all__ = ["canary"]


class Parrot(Double):
    """Says what it hears, goes away at "bye", is silent at "hush", and leads elsewhere."""

    def is_publish(self, request: web.Request) -> bool:
        return False

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.talk), web.get("/elsewhere", self.lead)]

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for said in line:
            if said.data == "bye":
                break
            if said.data == "bytes":
                await line.send_bytes(b"1")
            elif said.data != "hush":
                await line.send_str(said.data)
        return line

    async def lead(self, request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/"})


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    made = Parrot()
    yield made
    made.stop()


def talk(url: str, *words: str, allow_private: bool = True) -> list[str] | Exception:
    async def run() -> list[str] | Exception:
        async with http.Client(allow_private=allow_private) as client:
            try:
                async with client.talk(url) as line:
                    for word in words:
                        await line.say(word)
                    return [await line.hear(0.2) for _ in words]
            except (http.NotSent, http.NoAnswer) as trouble:
                return trouble

    return asyncio.run(run())


def at(parrot: Parrot, path: str = "/") -> str:
    return parrot.url.replace("http", "ws") + path


def test_words_go_both_ways(parrot: Parrot) -> None:
    assert talk(at(parrot), "one", "two") == ["one", "two"]


@pytest.mark.parametrize("word", ["bye", "hush", "bytes", "x" * (http.MOST + 1)])
def test_silence_and_other_things_than_text_are_no_answer(parrot: Parrot, word: str) -> None:
    assert isinstance(talk(at(parrot), word), http.NoAnswer)


def test_a_redirect_is_not_followed(parrot: Parrot) -> None:
    before = len(parrot.seen)
    assert isinstance(talk(at(parrot, "/elsewhere")), http.NotSent)
    assert [one.path for one in parrot.seen[before:]] == ["/elsewhere"]


def test_who_does_not_speak_it_was_not_reached(parrot: Parrot) -> None:
    assert isinstance(talk(at(parrot, "/nothing")), http.NotSent)


@pytest.mark.proves("P7.0")
def test_private_addresses_are_not_reached(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.Client, "_check", lambda *_: None)
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"):
        said = talk(f"ws://{host}:{canary.port}/", "hi", allow_private=False)
        assert isinstance(said, http.NotSent), host
    assert canary.hits == 0


@pytest.mark.parametrize("url", ["ws://relay.example/", "https://relay.example/", "nonsense"])
def test_in_production_only_wss(url: str) -> None:
    said = talk(url, allow_private=False)
    assert isinstance(said, http.NotSent)
    assert "Only wss://" in str(said)
