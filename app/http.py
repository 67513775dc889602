"""Outgoing HTTP: the one way out. Refuses what is not a public address, at the moment the socket is
made, so that neither odd spellings nor a changing DNS answer can pass (OWASP SSRF cheat sheet)."""

import asyncio
import socket
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from app import clock
from app.addresses import is_public
from app.answers import Answer, NoAnswer, NotSent, Part, Unreadable

__all__ = ["Answer", "Client", "NoAnswer", "NotSent", "Part", "Talk", "Unreadable", "client"]

CONNECT, TOTAL, BYE = 5.0, 15.0, 1.0  # seconds
MOST = 1_000_000  # bytes of an answer
MOST_REDIRECTS = 3
NO_ADDRESS = "This is not a web address."
TOO_LATE = "It took too long until this could leave."


class _Guarded(OSError):
    """Raised inside the connector for an address that must not be reached."""


class _TooLate(ValueError):
    """Raised between the connection and the first byte, when the time to leave is over."""


class Client:
    """An async context manager around one connection pool; no cookies, no proxies."""

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.hear: Callable[[Answer], None] | None = None
        self.until: float | None = None

    async def __aenter__(self) -> Self:
        self._session, self._once = self._open(), self._open(force_close=True)
        return self

    def _open(self, **how: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                socket_factory=self._socket, limit=0, use_dns_cache=True, **how
            ),
            timeout=aiohttp.ClientTimeout(total=TOTAL, connect=CONNECT, sock_connect=CONNECT),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers={"User-Agent": "AllStac"},
            auto_decompress=True,
            trace_configs=[_watching()],
        )

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._once.close()

    def heard_by(self, hear: Callable[[Answer], None]) -> "Client":
        """The same pool, with somebody who hears every answer."""
        twin = copy(self)
        twin.hear = hear
        return twin

    def leaving_by(self, until: float) -> "Client":
        """The same pool; no request of it begins after that (as `clock.stopwatch` counts), so that
        who stood still sends nothing that was asked about meanwhile."""
        twin = copy(self)
        twin.until = until
        return twin

    def is_too_late(self) -> bool:
        return self.until is not None and clock.stopwatch() > self.until

    def _socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, where = info
        if not self.allow_private and not is_public(ip_address(where[0].split("%")[0])):
            raise _Guarded("not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | AsyncIterable[bytes] | None = None,
        form: Mapping[str, str] | None = None,
        parts: Sequence[Part] = (),
        params: Mapping[str, str] | None = None,
        redirects: int = 0,
        seconds: float = TOTAL,
        exact: bool = False,
        once: bool = False,
    ) -> Answer:
        """Send JSON, bytes, a form or parts (RFC 7578), at most one. Redirects are followed only when
        asked for, each checked again. `exact`: the address is escaped already. `once`: the line is not
        used again (some servers hang up silently). Raises NotSent or NoAnswer."""
        limit = aiohttp.ClientTimeout(total=seconds, connect=CONNECT, sock_connect=CONNECT)
        for _ in range(min(redirects, MOST_REDIRECTS) + 1):
            self._check(url)
            data = _in_parts(parts) if parts else body if form is None else dict(form)
            what = {"headers": headers, "json": json, "data": data, "params": params}
            where = URL(url, encoded=True) if exact else url
            answer = await self._send(method, where, once, timeout=limit, **what)
            location = answer.headers.get("Location")
            if not (redirects and location and _moves(method, answer.status)):
                return answer
            url, params = _onward(answer.url, location), None
        raise NotSent("That address leads in circles.")

    @asynccontextmanager
    async def talk(self, url: str) -> AsyncIterator["Talk"]:
        """A WebSocket (RFC 6455), guarded like `send`; it follows no redirect. Raises NotSent when
        it does not come about."""
        self._check(url, ("wss", "ws"))
        closing = aiohttp.ClientWSTimeout(ws_close=BYE)
        try:
            async with asyncio.timeout(CONNECT):
                line = await self._session.ws_connect(url, timeout=closing, max_msg_size=MOST)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
            raise NotSent("We could not reach that server.") from None
        try:
            yield Talk(line)
        finally:
            await line.close()

    def _check(self, url: str, schemes: tuple[str, str] = ("https", "http")) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise NotSent(NO_ADDRESS) from None
        allowed = schemes if self.allow_private else schemes[:1]
        if parts.scheme not in allowed or not parts.hostname:
            raise NotSent(f"Only {schemes[0]}:// addresses are reached from here.")
        if parts.username or parts.password:
            raise NotSent("An address with a name or password in it is not reached from here.")
        if not self.allow_private and port not in (None, 443):
            raise NotSent("Only the ordinary https port is reached from here.")

    async def _send(self, method: str, url: str | URL, once: bool, **what: Any) -> Answer:
        session = self._once if once else self._session
        what |= {"allow_redirects": False, "trace_request_ctx": self}
        try:
            async with session.request(method, url, **what) as response:
                body = await self._read(response)
                headers = CIMultiDictProxy(CIMultiDict(response.headers))
                answer = Answer(response.status, headers, body, str(response.url))
        except _TooLate:
            raise NotSent(TOO_LATE) from None
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL, ValueError):
            raise NotSent("We could not reach that server.") from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.SocketTimeoutError) as late:
            if isinstance(late, aiohttp.ConnectionTimeoutError):
                raise NotSent("That server did not pick up in time.") from None
            raise NoAnswer("The server did not answer in time.") from None
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise NoAnswer("The connection broke before an answer came.") from None
        if self.hear:
            self.hear(answer)
        return answer

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for part in response.content.iter_chunked(65_536):
            body += part
            if len(body) > MOST:
                raise Unreadable("The server's answer was too long.")
        return bytes(body)


class Talk:
    """An open WebSocket: texts both ways."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self._line = line

    async def say(self, words: str) -> None:
        """Raises NoAnswer when the other side is gone."""
        try:
            await self._line.send_str(words)
        except (aiohttp.ClientError, OSError):
            raise NoAnswer("The connection broke before an answer came.") from None

    async def hear(self, seconds: float = TOTAL) -> str:
        """The next text. Raises NoAnswer, also when none comes in that time."""
        try:
            said = await self._line.receive(seconds)
        except TimeoutError:
            raise NoAnswer("The server did not answer in time.") from None
        if said.type is not aiohttp.WSMsgType.TEXT:
            raise NoAnswer("The connection broke before an answer came.")
        return str(said.data)


def _watching() -> aiohttp.TraceConfig:
    """`send` follows redirects itself; nothing beneath it may. The last look at the clock is when the
    line stands and no byte has left."""

    async def refuse(*_: object) -> None:
        raise _Guarded("a redirect")

    async def look(_: object, context: Any, __: object) -> None:
        client = context.trace_request_ctx
        if isinstance(client, Client) and client.is_too_late():
            raise _TooLate

    watching = aiohttp.TraceConfig()
    watching.on_request_redirect.append(refuse)
    watching.on_request_headers_sent.append(look)
    return watching


def _in_parts(parts: Sequence[Part]) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for part in parts:
        made.add_field(part.name, part.body, filename=part.filename, content_type=part.type)
    return made


def _moves(method: str, status: int) -> bool:
    return method in ("GET", "HEAD") and status in (301, 302, 303, 307, 308)


def _onward(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise NotSent(NO_ADDRESS) from None


def client(*, allow_private: bool | None = None) -> Client:
    """A client; whether private addresses are allowed is a setting that production refuses."""
    if allow_private is None:
        from flask import current_app

        allow_private = current_app.config["SETTINGS"].allow_private_hosts
    return Client(allow_private=allow_private)
