"""What the doubles of Facebook, Instagram and Threads share: tokens, the shape of errors, strictness
about parameters, pages of lists. From Meta's public documents, read on 2026-11-25:
developers.facebook.com/docs/graph-api/guides/error-handling, .../guides/secure-requests,
.../documentation/instagram-platform/instagram-api-with-instagram-login/business-login,
.../documentation/threads/get-started; parameters from the tables of `facebook-business` 26.0.3.

No OpenAPI is published for them. Facebook's and Instagram's doubles are held against the tables of
`facebook-business` (tests/networks/published/meta.py), which do not tell of Threads; an unknown
parameter or field is refused here too."""

import hmac
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from app import clock
from tests.servers.doubles import Double, Standing, parts

CLIENT, SECRET = "990602627938098", "secret-of-the-app"
KEYS = {"access_token", "appsecret_proof"}
DAYS_60 = 5_184_000  # seconds
FILES = ("source", "video_file_chunk")


class No(Exception):
    """An error to be answered."""

    def __init__(self, code: int, words: str, subcode: int = 0, **more: Any) -> None:
        super().__init__(words)
        self.code, self.words, self.subcode, self.more = code, words, subcode, more


@dataclass
class Token:
    owner: str
    is_long: bool = True
    born: datetime = datetime(2026, 1, 1, tzinfo=UTC)


class MetaDouble(Double):
    """`no`: errors that the next publishing requests get, with headers under `headers`.
    `says_no`: the person refuses."""

    scopes: frozenset[str] = frozenset()
    proven = False  # does it ask for appsecret_proof?

    def __init__(self) -> None:
        self.no: deque[No] = deque()
        self.says_no = False
        self.tokens: dict[str, Token] = {"token-1": Token("me")}
        self.codes: dict[str, str] = {}
        self.ids = map(str, itertools.count(17_900_000_001))
        super().__init__()

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._answer)]

    async def serve(self, method: str, path: list[str], said: dict[str, Any]) -> Any:
        """The object that a request is answered with; raises No."""
        raise NotImplementedError

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        said = dict(request.query) | await _form(request)
        path = request.path.strip("/").split("/")
        if path[0].startswith("v") and path[0][1:2].isdigit():
            path = path[1:]
        try:
            if path in (["oauth", "authorize"], ["dialog", "oauth"]):
                return self._window(said)
            if self.no and self.is_publish(request):
                raise self.no.popleft()
            return web.json_response(await self.serve(request.method, path, said))
        except No as no:
            return _error(no)

    def _window(self, said: dict[str, Any]) -> web.Response:
        only(said, {"client_id", "redirect_uri", "response_type", "scope", "state"})
        asked = set(said["scope"].split(","))
        if said["client_id"] != CLIENT or said["response_type"] != "code" or asked - self.scopes:
            raise No(101, "Invalid platform app")
        if self.says_no:
            back = {"error": "access_denied", "error_reason": "user_denied"}
        else:
            back = {"code": f"code-{next(self.ids)}"}
            self.codes[back["code"]] = said["redirect_uri"]
        where = f"{said['redirect_uri']}?{urlencode(back | {'state': said['state']})}#_"
        return web.Response(status=302, headers={"Location": where})

    def redeem(self, said: dict[str, Any], *more: str) -> str:
        """A token for an hour, for a code that nobody used before."""
        needed = {"client_id", "client_secret", "redirect_uri", "code", *more}
        only(said, needed, needed)
        if (said["client_id"], said["client_secret"]) != (CLIENT, SECRET):
            raise No(1, "Error validating client secret.")
        if self.codes.pop(said["code"], None) != said["redirect_uri"]:
            raise No(100, "This authorization code has been used.", 36_009)
        return self.new_token("me", is_long=False)

    def new_token(self, owner: str, is_long: bool = True) -> str:
        token = f"token-{next(self.ids)}"
        self.tokens[token] = Token(owner, is_long, clock.now())
        return token

    def whose(self, said: dict[str, Any]) -> Token:
        token = str(said.get("access_token", ""))
        if token in self.expired:
            raise No(190, "Error validating access token: Session has expired.", 463)
        if token in self.revoked or token not in self.tokens:
            raise No(190, "Error validating access token.", 458 if token in self.revoked else 0)
        if self.proven:
            right = hmac.digest(SECRET.encode(), token.encode(), "sha256").hex()
            if said.get("appsecret_proof") != right:
                raise No(100, "Invalid appsecret_proof provided in the API argument")
        return self.tokens[token]


async def _form(request: web.Request) -> dict[str, Any]:
    if request.content_type != "multipart/form-data":
        return dict(await request.post())
    found = await parts(request)
    return {name: body if name in FILES else body.decode() for name, body in found.items()}


def only(said: dict[str, Any], may: set[str], must: Iterable[str] = ()) -> None:
    if unknown := sorted(said.keys() - may):
        raise No(100, f"Unknown parameter: {unknown[0]}")
    for name in must:
        if not said.get(name):
            raise No(100, f"The parameter {name} is required.")


def told_as_insights(said: dict[str, Any], told: dict[str, int], may: set[str]) -> Any:
    """Rows of the metrics that are asked for and known; an unknown metric is an error."""
    only(said, {"metric", "period"} | KEYS, {"metric"})
    asked = said["metric"].split(",")
    if set(asked) - may:
        raise No(100, "(#100) The value must be a valid insights metric")
    rows = [(name, told[name]) for name in asked if name in told]
    return {
        "data": [{"name": name, "period": "lifetime", "values": [{"value": n}]} for name, n in rows]
    }


def wants(said: dict[str, Any], may: Iterable[str]) -> list[str]:
    """The fields that are asked for, braces left off."""
    fields = [one.split("{")[0] for one in _top(said.get("fields", "id"))]
    for name in fields:
        if name not in may:
            raise No(100, f"Tried accessing nonexisting field ({name})")
    return fields


def _top(text: str) -> list[str]:
    depth, found = 0, [""]
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def page(said: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of an edge, with the cursor of the one after it."""
    size, start = int(said.get("limit", 25)), int(said.get("after", 0))
    if size > 100:
        raise No(100, "limit is too high")
    answer: dict[str, Any] = {"data": found[start : start + size]}
    if start + size < len(found):
        cursors = {"before": str(start), "after": str(start + size)}
        answer["paging"] = {"cursors": cursors, "next": "https://graph.example/next"}
    return answer


def stamp(post: Standing) -> str:
    made: datetime = post.more["at"]
    return made.strftime("%Y-%m-%dT%H:%M:%S+0000")


def newest_first(posts: Iterable[Standing]) -> list[Standing]:
    return sorted(posts, key=lambda post: (post.more["at"], post.id), reverse=True)


def is_a_day_old(token: Token) -> bool:
    return clock.now() - token.born >= timedelta(hours=24)


def _error(no: No) -> web.Response:
    said = {"message": no.words, "type": "OAuthException", "code": no.code, "fbtrace_id": "A0"}
    if no.subcode:
        said["error_subcode"] = no.subcode
    headers = no.more.pop("headers", {})
    return web.json_response(
        {"error": said | no.more}, status=no.more.pop("status", 400), headers=headers
    )
