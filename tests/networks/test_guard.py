"""The way out is guarded: no spelling of a private address is reached, whatever DNS says when."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import http

PRIVATE = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.1",
    "127.000.000.001",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "169.254.169.254",
    "169.254.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00::1]",
    "[fd12:3456::1]",
    "[ff02::1]",
    "[ff05::2]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[100::1]",
    "[2001:db8::1]",
    "[5f00::1]",
    "[::ffff:0:127.0.0.1]",
    "[fec0::1]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127.0.0.1.",
]


class Canary:
    """A listener on loopback that counts who came."""

    def __init__(self, port: int = 0) -> None:
        self.hits = 0
        self.sockets = [self._listen(socket.AF_INET, "127.0.0.1", port)]
        self.port = self.sockets[0].getsockname()[1]
        if socket.has_ipv6:
            self.sockets.append(self._listen(socket.AF_INET6, "::1", self.port))
        for one in self.sockets:
            threading.Thread(target=self._wait, args=[one], daemon=True).start()

    def _listen(self, family: int, host: str, port: int = 0) -> socket.socket:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen()
        return made

    def _wait(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            self.hits += 1
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
            caller.close()

    def close(self) -> None:
        for one in self.sockets:
            one.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


def get(url: str, *, allow_private: bool = False, **what: Any) -> http.Answer | Exception:
    async def run() -> http.Answer | Exception:
        async with http.Client(allow_private=allow_private) as web:
            try:
                return await web.send("GET", url, **what)
            except (http.NotSent, http.NoAnswer) as trouble:
                return trouble

    return asyncio.run(run())


def test_the_canary_sings_when_it_is_reached(canary: Canary) -> None:
    answer = get(f"http://127.0.0.1:{canary.port}/", allow_private=True)
    assert isinstance(answer, http.Answer)
    assert (answer.body, canary.hits) == (b"hi", 1)


def no_port_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the address check stands between us and the canary."""
    monkeypatch.setattr(http.Client, "_check", lambda *_: None)


@pytest.mark.proves("P7.0")
def test_no_spelling_of_a_private_address_is_reached(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_port_rule(monkeypatch)
    for host in PRIVATE:
        answer = get(f"http://{host}:{canary.port}/")
        assert isinstance(answer, http.NotSent | http.NoAnswer), host
    assert canary.hits == 0


@given(st.ip_addresses())
def test_what_python_calls_global_and_is_no_tunnel_is_public(address: Any) -> None:
    public = http.is_public(address)
    if public:
        assert address.is_global
        assert not (address.is_private or address.is_loopback or address.is_multicast)
    if address.version == 4:
        assert http.is_public(ip_address(f"::ffff:{address}")) is public
        assert not http.is_public(ip_address(f"64:ff9b::{address}"))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111"])
def test_ordinary_servers_may_be_reached(address: str) -> None:
    assert http.is_public(ip_address(address))


@pytest.mark.proves("P7.0")
def test_a_name_that_changes_its_mind_is_caught_at_the_socket(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever was looked up before, the address of the socket decides."""
    no_port_rule(monkeypatch)
    answers = iter(["93.184.216.34", "127.0.0.1"])

    async def resolve(self: Any, host: str, port: int = 0, family: int = 0) -> list[Any]:
        where = next(answers, "127.0.0.1")
        row = {"hostname": host, "host": where, "port": port}
        return [row | {"family": socket.AF_INET, "proto": 0, "flags": socket.AI_NUMERICHOST}]

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", resolve)
    monkeypatch.setattr("aiohttp.connector.DefaultResolver.resolve", resolve)
    monkeypatch.setattr(http, "CONNECT", 0.2)
    for _ in range(3):
        get(f"http://rebind.example:{canary.port}/")
    assert canary.hits == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/", "Only https://"),
        ("ftp://example.com/", "Only https://"),
        ("file:///etc/passwd", "Only https://"),
        ("https:///nothing", "Only https://"),
        ("https://a:b@example.com/", "name or password"),
        ("https://example.com:8443/", "ordinary https port"),
        ("https://[::bad", "not a web address"),
        ("https://example.com:99999/", "not a web address"),
        ("nonsense", "Only https://"),
    ],
)
def test_in_production_only_https_on_its_port(url: str, words: str) -> None:
    answer = get(url)
    assert isinstance(answer, http.NotSent)
    assert words in str(answer)


def test_redirects_are_checked_again_and_end(canary: Canary, httpd: Any) -> None:
    inward = httpd({"/": (302, {"Location": f"http://127.0.0.1:{canary.port}/"}, b"")})
    assert isinstance(get(inward + "/", allow_private=True), http.Answer), "not followed unasked"
    assert canary.hits == 0
    circle = httpd({"/": (302, {"Location": "/"}, b"")})
    answer = get(circle + "/", allow_private=True, redirects=3)
    assert isinstance(answer, http.NotSent)
    assert "circles" in str(answer)


def test_an_endless_answer_is_cut_off(httpd: Any) -> None:
    long = httpd({"/": (200, {}, b"x" * (http.MOST + 1))})
    answer = get(long + "/", allow_private=True)
    assert isinstance(answer, http.Unreadable)


def test_an_address_may_go_out_as_it_is_escaped(httpd: Any, canary: Canary) -> None:
    """Rest.li wants the colons of a urn escaped, which RFC 3986 leaves open."""
    base = httpd({"/urn%3Ali%3A1?q=a%3Ab": (200, {}, b"exact"), "/urn:li:1?q=a:b": (200, {}, b"")})
    answer = get(base + "/urn%3Ali%3A1?q=a%3Ab", allow_private=True, exact=True)
    assert isinstance(answer, http.Answer) and answer.body == b"exact"
    assert isinstance(get(f"https://127.0.0.1:{canary.port}/", exact=True), http.NotSent)
    assert isinstance(get("https://127.0.0.1/%3A", exact=True), http.NotSent)
    assert canary.hits == 0
