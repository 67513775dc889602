"""A real server behind a proxy that plays the faults of a double, for `tests/networks/contract.py`."""

import base64
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.servers.doubles import Double, Standing

HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "content-encoding"}
TAKEN_BACK = "taken-back"
BREAKS = ("lose", "drop", "late")


class Twice(deque[str]):
    """The HTTP library sends a PUT whose connection broke once more (RFC 9112 9.3.1), so where
    publishing is a PUT such a fault has to strike twice."""

    def append(self, fault: str) -> None:
        self.extend([fault])

    def extend(self, faults: Iterable[str]) -> None:
        super().extend(one for fault in faults for one in [fault] * (1 + (fault in BREAKS)))


class Front(Double):
    """Every request goes on to `target`; what stands there is asked of the real server.

    A key in `revoked` is spoiled on its way, so that the real server refuses it in its own words.
    One in `expired` is answered with `stale`: waiting for a real end of a key would take too long.
    """

    def __init__(
        self,
        target: str,
        publishes: Callable[[web.Request], bool],
        stands: Callable[[str], list[Standing]],
        stale: web.Response | None = None,
    ) -> None:
        self.target, self.publishes, self.stands, self.stale = target, publishes, stands, stale
        super().__init__()

    @classmethod
    def of_puts(cls, *args: Any) -> "Front":
        made = cls(*args)
        made.faults = Twice()
        return made

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self.forward)]

    def is_publish(self, request: web.Request) -> bool:
        return self.publishes(request)

    def standing(self, text: str) -> list[Standing]:
        return self.stands(text)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
        body = await request.read()
        if self.stale and self._holds(headers, body, self.expired):
            return _copy(self.stale)
        for key in self.revoked:
            headers, body = _spoil(headers, body, key)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as link,
            link.request(
                request.method,
                f"{self.target}{request.raw_path}",
                headers=headers | {"Accept-Encoding": "identity"},
                data=body or None,
                allow_redirects=False,
            ) as answer,
        ):
            said = await answer.read()
            kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in HOP]
        if "json" in answer.content_type:
            said = said.replace(self.target.encode(), self.url.encode())
        return web.Response(status=answer.status, headers=CIMultiDict(kept), body=said)

    def _holds(self, headers: dict[str, str], body: bytes, keys: set[str]) -> bool:
        return any(_spoil(headers, body, key) != (headers, body) for key in keys)


def _spoil(headers: dict[str, str], body: bytes, key: str) -> tuple[dict[str, str], bytes]:
    """The request without that key: in the header (Bearer, or RFC 7617) and in the body."""
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        pair = base64.b64decode(value).decode().replace(key, TAKEN_BACK)
        value = base64.b64encode(pair.encode()).decode()
    if kind == "Ghost":  # a signature, made with a key that is never sent itself
        value = f"{value[:-4]}AAAA"
    said = f"{kind} {value}".replace(key, TAKEN_BACK)
    changed = headers | ({"Authorization": said} if kind else {})
    return changed, body.replace(f'"{key}"'.encode(), f'"{TAKEN_BACK}"'.encode())


def _copy(answer: web.Response) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
