"""A double of a Ghost site's Admin API.

Built from docs.ghost.org/admin-api (read 2026-11-25); statuses, error shapes and the fields of the
answers are those that Ghost 6.65 itself gave. `tests/networks/adapters/test_ghost.py` asks the
same of a real one when `make ghost` runs it.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from email import message_from_bytes, policy
from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Double, Standing, named

FIELDS = {"title", "slug", "html", "status", "feature_image", "feature_image_alt", "tags"}
FIELDS |= {"visibility", "updated_at"}
TAKES = {"images": ("image/png", "image/jpeg", "image/webp"), "media": ("video/mp4",)}


class Ghost(Double):
    """`.key` is that of its one integration."""

    def __init__(self) -> None:
        self.key = f"{secrets.token_hex(12)}:{secrets.token_hex(32)}"
        self.stored: dict[str, dict[str, Any]] = {}
        super().__init__()

    def routes(self) -> list[web.RouteDef]:
        admin = "/ghost/api/admin"
        return [
            web.get(f"{admin}/site/", self.site),
            web.get(f"{admin}/posts/", self.browse),
            web.post(f"{admin}/posts/", self.add),
            web.get(f"{admin}/posts/slug/{{slug}}/", self.read),
            web.get(f"{admin}/posts/{{id}}/", self.measured),
            web.put(f"{admin}/posts/{{id}}/", self.edit),
            web.delete(f"{admin}/posts/{{id}}/", self.remove),
            web.post(f"{admin}/{{kind:images|media}}/upload/", self.upload),
        ]

    def is_publish(self, request: web.Request) -> bool:
        return request.method == "PUT"

    def standing(self, text: str) -> list[Standing]:
        public = [post for post in self.stored.values() if post["status"] == "published"]
        said = [(post["id"], re.sub(r"<[^>]+>", "", post["html"])) for post in public]
        return [Standing(id, words, "integration") for id, words in said if words == text]

    async def site(self, request: web.Request) -> web.Response:
        site = {"title": "Orchard", "url": f"{self.url}/", "version": "6.65", "site_uuid": "s-1"}
        return web.json_response({"site": site})

    async def browse(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        return _posts(*list(self.stored.values())[:1])

    async def add(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        assert request.query == {"source": "html"}, request.query
        [sent] = (await request.json())["posts"]
        if problem := _problem(sent):
            return problem
        taken, slug, number = {post["slug"] for post in self.stored.values()}, sent["slug"], 2
        while slug in taken:
            slug, number = f"{sent['slug']}-{number}", number + 1
        post = sent | {"id": secrets.token_hex(12), "slug": slug, "updated_at": _now()}
        post["url"] = f"{self.url}/{slug}/"
        self.stored[post["id"]] = post
        return _posts(post, status=201)

    async def read(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        slug = request.match_info["slug"]
        found = [post for post in self.stored.values() if post["slug"] == slug]
        return _posts(*found) if found else _absent("read")

    async def measured(self, request: web.Request) -> web.Response:
        """Of a post that was no newsletter `email` is null, and nothing was counted."""
        if refusal := self._refusal(request):
            return refusal
        assert set(request.query) == {"include", "fields"}, request.query
        post = self.stored.get(request.match_info["id"])
        if post is None:
            return _absent("read")
        counts = self.counts.get(post["id"])
        email = {"track_opens": True, "track_clicks": True} if counts else None
        if email and counts:
            email |= named(counts, reach="opened_count")  # type: ignore[arg-type]
        count = named(counts or {}, clicks="clicks", likes="positive_feedback")
        told = {"id": post["id"], "status": post["status"], "email": email, "count": count}
        return _posts(told)

    async def edit(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        post = self.stored.get(request.match_info["id"])
        if post is None:
            return _absent("edit")
        [sent] = (await request.json())["posts"]
        if "updated_at" not in sent:
            return _error(422, "Validation error, cannot edit post.", "ValidationError")
        changes = {key: value for key, value in sent.items() if key != "updated_at"}
        is_new = any(post.get(key) != value for key, value in changes.items())
        if is_new and sent["updated_at"] != post["updated_at"]:
            return _error(
                409,
                "Saving failed! Someone else is editing this post.",
                "UpdateCollisionError",
                code="UPDATE_COLLISION",
            )
        post.update(changes | ({"updated_at": _now()} if is_new else {}))
        return _posts(post)

    async def remove(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        gone = self.stored.pop(request.match_info["id"], None)
        return web.Response(status=204) if gone else _absent("delete")

    async def upload(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        kind, head = request.match_info["kind"], f"Content-Type: {request.headers['Content-Type']}"
        body = head.encode() + b"\r\n\r\n" + await request.read()
        [file] = message_from_bytes(body, policy=policy.HTTP).iter_parts()  # type: ignore[attr-defined]
        assert file.get_param("name", header="content-disposition") == "file"
        if file.get_content_type() not in TAKES[kind]:
            return _error(415, "Please select a valid image.", "UnsupportedMediaTypeError")
        url = f"{self.url}/content/{kind}/2026/11/{secrets.token_hex(4)}-{file.get_filename()}"
        return web.json_response({kind: [{"url": url, "ref": None}]}, status=201)

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The token is looked at as Ghost does: key, signature, and at most five minutes of life."""
        assert request.headers["Accept-Version"].startswith("v")
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Ghost":
            return _error(403, "Authorization failed", "NoPermissionError")
        signed, _, seal = token.rpartition(".")
        head, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        id, _, secret = self.key.partition(":")
        if head["kid"] != id or self.key in self.revoked:
            return _unauthorized("Unknown Admin API Key", "UNKNOWN_ADMIN_API_KEY")
        wanted = hmac.new(bytes.fromhex(secret), signed.encode(), hashlib.sha256).digest()
        if _decoded(seal) != wanted:
            return _unauthorized("Invalid token: invalid signature", "INVALID_JWT")
        assert claims["aud"] == "/admin/" and claims["exp"] - claims["iat"] <= 300
        if not claims["iat"] - 5 <= clock.now().timestamp() < claims["exp"]:
            return _unauthorized("Invalid token: jwt expired", "INVALID_JWT")
        return None


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _now() -> str:
    return clock.now().isoformat()


def _problem(sent: dict[str, Any]) -> web.Response | None:
    """Stricter than Ghost, which passes over a field that it does not know."""
    assert set(sent) <= FIELDS, set(sent) - FIELDS
    context = "Value in [posts.{}] exceeds maximum length of {} characters."
    for field, most in (("title", 255), ("feature_image_alt", 191), ("slug", 191)):
        if len(sent.get(field) or "") > most:
            said = "Validation error, cannot save post."
            return _error(422, said, "ValidationError", context=context.format(field, most))
    return None


def _posts(*posts: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response({"posts": list(posts)}, status=status)


def _absent(verb: str) -> web.Response:
    said = f"Resource not found error, cannot {verb} post."
    return _error(404, said, "NotFoundError", context="Post not found.")


def _unauthorized(message: str, code: str) -> web.Response:
    return _error(401, message, "UnauthorizedError", code=code)


def _error(status: int, message: str, type: str, **more: str) -> web.Response:
    error = {"message": message, "context": None, "type": type, "code": None} | more
    return web.json_response({"errors": [error]}, status=status)
