"""Doubles of networks whose servers can't run here, and the faults that any server may play.

A double is built from its vendor's public contract; its module names the source and the date it was
read. It keeps its state in memory, speaks HTTP on loopback, and is never called a server of the
vendor's.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import partial
from typing import Any

from aiohttp import web

from app import clock

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SLOW = 0.4  # seconds


@dataclass
class Seen:
    """A request as it came, and what it was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""

    def answered(self, said: web.StreamResponse) -> None:
        self.status = said.status
        body = said.body if isinstance(said, web.Response) else b""
        self.answer = body if isinstance(body, bytes) else b""


@dataclass
class Standing:
    """A post as it stands at the network."""

    id: str
    text: str
    account: str
    reply_to: str = ""
    media: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


class Double:
    """Subclasses add their routes in `routes` and say in `is_publish` which requests make
    something public; faults are played on those alone.

    `faults`, one taken per publishing request: "lose" (done, the reply never comes), "drop" (never
    arrives), "late" (the reply never comes, done at `let_come`), "500 after", "500 before",
    "garbage" (done, 200 with nonsense), "truncated" (done, half of the reply), "429 seconds",
    "429 date", "429 bare", "429 absurd", "slow" (done, after a while).
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.faults: deque[str] = deque()
        self.posts: dict[str, Standing] = {}
        self.seen: list[Seen] = []
        self.expired: set[str] = set()  # access tokens that have run out
        self.revoked: set[str] = set()  # access tokens that were taken back
        self.counts: dict[str, dict[str, int]] = {}  # figures of posts, in our words, by id
        self.followers: int | None = None
        self.reading_faults: deque[str] = deque()  # played on what publishes nothing
        self.late: list[Callable[[], Awaitable[object]]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10), "the double did not start"

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def is_publish(self, request: web.Request) -> bool:
        raise NotImplementedError

    def standing(self, text: str) -> list[Standing]:
        """The posts that say this."""
        return [post for post in self.posts.values() if post.text == text]

    def let_come(self) -> None:
        """What was to take effect late does so now."""
        asyncio.run_coroutine_threadsafe(self._let_come(), self._loop).result(10)

    async def _let_come(self) -> None:
        late, self.late = self.late, []
        for one in late:
            await one()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(middlewares=[self._watch], client_max_size=64 * 1024 * 1024)
        app.add_routes(self.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.read()
        seen = Seen(request.method, request.path_qs, dict(request.headers), body)
        self.seen.append(seen)
        faults = self.faults if self.is_publish(request) else self.reading_faults
        fault = faults.popleft() if faults else ""
        try:
            answer = await self._play(fault, request, handler)
        except web.HTTPException as no:
            seen.answered(no)
            raise
        seen.answered(answer)
        return answer

    async def _play(self, fault: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        if fault.startswith("429"):
            return _wait_a_little(fault)
        if fault == "500 before":
            return web.json_response({"error": "unavailable"}, status=503)
        if fault in ("drop", "late"):
            if fault == "late":
                self.late.append(partial(handler, request))
            return _hang_up(request)
        answer = await handler(request)
        if fault == "slow":
            await asyncio.sleep(SLOW)
        if fault == "lose":
            return _hang_up(request)
        if fault == "500 after":
            return web.json_response({"error": "oh"}, status=500)
        if fault == "garbage":
            return web.Response(text="<html>not what you think</html>", content_type="text/html")
        if fault == "truncated":
            return await _cut_off(request)
        return answer


async def parts(request: web.Request) -> dict[str, bytes]:
    """The parts of a multipart body by their names (RFC 7578). `request.post()` can't be used: the
    body was read to be remembered."""
    kind = request.headers["Content-Type"]
    assert kind.startswith("multipart/form-data; boundary="), kind
    boundary = b"--" + kind.partition("=")[2].strip('"').encode()
    found = {}
    for part in (await request.read()).split(boundary)[1:-1]:
        head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = head.decode().partition(' name="')[2].partition('"')[0]
        found[name] = body.removesuffix(b"\r\n")
    return found


def named(counts: dict[str, int], **names: str) -> dict[str, int]:
    """The counts under a vendor's names; what is not counted is left out."""
    return {theirs: counts[ours] for ours, theirs in names.items() if ours in counts}


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _cut_off(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "5000", "Content-Type": "text/plain"})
    await answer.prepare(request)
    await answer.write(b'{"id": "12')
    assert request.transport is not None
    request.transport.abort()
    return answer


def _wait_a_little(fault: str) -> web.Response:
    kind = fault.partition(" ")[2]
    said = {
        "seconds": "90",
        "date": format_datetime(clock.now(), usegmt=True),
        "absurd": "99999999999999999999",
    }.get(kind)
    headers = {"Retry-After": said} if said else {}
    return web.json_response({"error": "too many requests"}, status=429, headers=headers)
