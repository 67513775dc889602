"""A double of Pinterest's API v5, from its public contract (repository pinterest/api-description,
v5/openapi.json, 5.23 to 5.28, and developers.pinterest.com; read on 2026-11-25). What it is asked and
answers is held against Pinterest's own generated client (tests/networks/published/pinterest.py); here
too a field that the contract does not name is refused, and what is longer than its `maxLength`.
The storage that videos go up to wants every field of its form, before the file."""

import itertools
import secrets
from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Standing, parts
from tests.servers.doubles.keys import KeyDouble, Yes

SCOPES = {"boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read"}
LENGTHS = {"title": 100, "description": 800, "alt_text": 500, "link": 2048}
PIN = {*LENGTHS, "board_id", "media_source", "dominant_color", "board_section_id", "note"}
SOURCES = {
    "image_url": {"source_type", "url", "is_standard"},
    "image_base64": {"source_type", "content_type", "data", "is_standard"},
    "multiple_image_urls": {"source_type", "items", "index"},
    "multiple_image_base64": {"source_type", "items", "index"},
    "video_id": {
        *("source_type", "media_id", "cover_image_url", "cover_image_content_type"),
        *("cover_image_data", "cover_image_key_frame_time", "is_standard"),
    },
}
ITEM = {"title", "description", "link", "url", "content_type", "data"}
SHOWN = {"image_url": "image", "image_base64": "image", "video_id": "video"}


class PinterestDouble(KeyDouble):
    """`page`: pins on one page. `looks`: how often a video is in work. `trouble`: what the next pin
    is refused with."""

    scope_mark, lifetime, person = ",", 2_592_000, "grace"

    def __init__(self) -> None:
        self.media: dict[str, dict[str, Any]] = {}
        self.boards = {"549755885175": "Engines", "549755885176": "Bugs"}
        self.page, self.looks, self.ends_as = 2, 1, "succeeded"
        self.trouble: tuple[int, str] | None = None
        self._numbers = itertools.count(813_744_226_420_795_000)
        super().__init__()
        self.known_scopes = SCOPES

    def start_over(self) -> None:
        super().start_over()
        self.media.clear()
        self.boards = {"549755885175": "Engines", "549755885176": "Bugs"}
        self.page, self.looks, self.ends_as, self.trouble = 2, 1, "succeeded", None

    refusal = ("", "The refresh token is not valid.")

    def extra(self, yes: Yes) -> dict[str, Any]:
        return {"refresh_token_expires_in": 5_184_000}

    def is_publish(self, request: web.Request) -> bool:
        return (request.method, request.path) == ("POST", "/v5/pins")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oauth/", self.authorize),
            web.post("/v5/oauth/token", self.token),
            web.post("/v5/oauth/token/revoke", self.revoke),
            web.get("/v5/user_account", self.me),
            web.get("/v5/boards", self.listed_boards),
            web.get("/v5/boards/{id}", self.board),
            web.get("/v5/boards/{id}/pins", self.listed),
            web.post("/v5/pins", self.create),
            web.delete("/v5/pins/{id}", self.delete),
            web.post("/v5/media", self.register),
            web.get("/v5/media/{id}", self.look),
            web.post("/storage/{id}", self.store),
        ]

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Pinterest says its refusals with `code` and `message`."""
        answer = await super().token(request)
        if answer.status == 400 and b"refresh token" in getattr(answer, "body", b""):
            said = {"code": 1, "message": self.refusal[1]}
            return web.json_response(said, status=400)
        return answer

    async def me(self, request: web.Request) -> web.StreamResponse:
        yes = self._allowed(request, "user_accounts:read")
        return _said({"username": yes.person, "account_type": "BUSINESS"})

    async def listed_boards(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "boards:read")
        every = [
            {"id": id, "name": name, "privacy": "PUBLIC", "owner": {"username": "grace"}}
            for id, name in self.boards.items()
        ]
        return self._page(request, every)

    async def board(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "boards:read")
        id = self._board(request.match_info["id"])
        return _said({"id": id, "name": self.boards[id]})

    async def listed(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "pins:read")
        id = self._board(request.match_info["id"])
        every = [shown(post) for post in self.posts.values() if post.account == id]
        return self._page(request, every[::-1])

    def _page(self, request: web.Request, every: list[Any]) -> web.StreamResponse:
        _only(request.query, {"page_size", "bookmark"})
        start = int(request.query.get("bookmark", "0"))
        onward = str(start + self.page) if len(every) > start + self.page else None
        return _said({"items": every[start : start + self.page], "bookmark": onward})

    async def create(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "pins:write")
        body = await request.json()
        _only(body, PIN)
        for name, most in LENGTHS.items():
            if len(body.get(name, "")) > most:
                _no(400, f"Invalid request: '{name}' is too long")
        if self.trouble:
            _no(*self.trouble)
        board, source = self._board(body["board_id"]), body["media_source"]
        kind = source["source_type"]
        _only(source, SOURCES[kind])
        for item in source.get("items", []):
            _only(item, ITEM)
        if source.get("items") is not None and not 2 <= len(source["items"]) <= 5:
            _no(400, "Invalid request: 'items' wants 2 to 5")
        if kind == "video_id" and self.media.get(source["media_id"], {}).get("status") != (
            "succeeded"
        ):
            _no(400, "The video is not ready.")
        id = str(next(self._numbers))
        made = {key: value for key, value in body.items() if key != "media_source"}
        made |= {"id": id, "created_at": clock.now().strftime("%Y-%m-%dT%H:%M:%S")}
        made["media"] = {"media_type": SHOWN.get(kind, "multiple_images")}
        text = body.get("description", "")
        self.posts[id] = Standing(id, text, board, "", [kind], made | {"source": source})
        return _said(made, 201)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "pins:write")
        if self.posts.pop(request.match_info["id"], None) is None:
            _no(404, "Pin not found.")
        return web.Response(status=204)

    async def register(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "pins:write")
        body = await request.json()
        assert body == {"media_type": "video"}, body
        id = str(next(self._numbers))
        form = {"key": f"uploads/{id}", "policy": secrets.token_hex(8), "x-amz-signature": "s"}
        self.media[id] = {"status": "registered", "form": form, "left": self.looks}
        url = f"{self.url}/storage/{id}"
        said = {"media_id": id, "media_type": "video", "upload_url": url}
        return _said(said | {"upload_parameters": form}, 201)

    async def store(self, request: web.Request) -> web.StreamResponse:
        kept, given = self.media.get(request.match_info["id"]), await parts(request)
        if kept is None or list(given)[-1] != "file" or "Authorization" in request.headers:
            return web.Response(status=403)
        sent = {name: value.decode() for name, value in given.items() if name != "file"}
        if sent != kept["form"]:
            return web.Response(status=403)
        kept |= {"status": "processing", "body": given["file"]}
        return web.Response(status=204)

    async def look(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "pins:read")
        kept = self.media[request.match_info["id"]]
        kept["left"] -= 1
        if kept["status"] == "processing" and kept["left"] < 0:
            kept["status"] = self.ends_as
        return _said({"media_id": request.match_info["id"], "status": kept["status"]})

    def _board(self, id: str) -> str:
        if id not in self.boards:
            _no(404, "Board not found.")
        return id

    def _allowed(self, request: web.Request, scope: str) -> Yes:
        yes = self.who(request)
        if yes is None:
            _no(401, "Authentication failed.")
        if scope not in yes.scopes:
            _no(403, "You are not permitted to access that resource.")
        return yes


def shown(post: Standing) -> dict[str, Any]:
    """A pin as it is listed: what it was made from is the double's own affair."""
    return {name: value for name, value in post.more.items() if name != "source"}


def _said(said: dict[str, Any], status: int = 200) -> web.Response:
    headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "99", "x-ratelimit-reset": "1"}
    return web.json_response(said, status=status, headers=headers)


def _only(given: Any, known: set[str]) -> None:
    for name in set(given) - known:
        _no(400, f"Invalid request: '{name}' was unexpected")


def _no(status: int, message: str) -> Any:
    kinds: dict[int, Any] = {400: web.HTTPBadRequest, 401: web.HTTPUnauthorized}
    kinds |= {403: web.HTTPForbidden, 404: web.HTTPNotFound}
    text = web.json_response({"code": 2, "message": message}).text
    raise kinds[status](text=text, content_type="application/json")
