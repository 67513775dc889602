"""A double of a Mastodon server, from the public documentation (docs.joinmastodon.org: methods for
accounts, statuses, media, instance and timelines, api/rate-limits, user/posting), read on
2026-11-25. Fields that the documentation does not name are refused, which Mastodon itself does not
do: so that our requests are checked."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import HTTP
from html import escape
from typing import Any

import regex
from aiohttp import web

from app import clock
from tests.servers.doubles import Standing, named
from tests.servers.doubles.mastodon_oauth import Keys, refuse

FIELDS = {
    *("status", "media_ids", "in_reply_to_id", "sensitive", "spoiler_text", "visibility"),
    "language",
}
KEYS_LIVE = timedelta(hours=1)
MOST, LINK = 500, 23


class Mastodon(Keys):
    """`alice` is the one account. `works`: how often a video is still being worked on when asked
    for; `knows_source`: servers before 3.5 don't."""

    def reset(self) -> None:
        super().reset()
        self.media: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[str, datetime]] = {}
        self.works, self.numbers = 0, 100
        self.knows_source = self.deletes = True
        self.limits: dict[str, Any] = {}

    def routes(self) -> list[web.RouteDef]:
        post, get, delete = web.post, web.get, web.delete
        return [
            *super().routes(),
            get("/api/v2/instance", self._instance),
            get("/api/v1/accounts/verify_credentials", self._for("read:accounts", self._me)),
            get("/api/v1/accounts/1/statuses", self._for("read:statuses", self._list)),
            get("/api/v1/timelines/home", self._for("read:statuses", self._list)),
            post("/api/v2/media", self._for("write:media", self._upload)),
            get("/api/v1/media/{id}", self._for("write:media", self._look_at_media)),
            post("/api/v1/statuses", self._for("write:statuses", self._post)),
            get("/api/v1/statuses/{id}", self._for("read:statuses", self._status)),
            get("/api/v1/statuses/{id}/source", self._for("read:statuses", self._source)),
            delete("/api/v1/statuses/{id}", self._for("write:statuses", self._delete)),
        ]

    def is_publish(self, request: web.Request) -> bool:
        return request.method == "POST" and request.path == "/api/v1/statuses"

    def forget_keys(self) -> None:
        """More than an hour passes."""
        self.keys = {key: (id, at - KEYS_LIVE) for key, (id, at) in self.keys.items()}

    # What it says of itself

    async def _instance(self, request: web.Request) -> web.Response:
        statuses = {"max_characters": MOST, "max_media_attachments": 4}
        told = {
            "domain": "mastodon.test",
            "version": "4.5.0",
            "configuration": {
                "statuses": statuses | {"characters_reserved_per_url": LINK},
                "media_attachments": {"image_size_limit": 16777216, "video_size_limit": 103809024},
            },
        }
        return web.json_response(told | self.limits)

    async def _me(self, request: web.Request) -> web.Response:
        url = "https://mastodon.test/@alice"
        told = {"id": "1", "username": "alice", "acct": "alice", "display_name": "Alice A."}
        counted = {} if self.followers is None else {"followers_count": self.followers}
        return web.json_response(told | {"url": url} | counted)

    # Media

    async def _upload(self, request: web.Request) -> web.Response:
        parts = _parts(request, await request.read())
        if set(parts) - {"file", "description", "focus"} or "file" not in parts:
            return refuse(422, "Validation failed: File can't be blank")
        kind, _ = parts["file"]
        if kind not in ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"):
            return refuse(422, "Validation failed: File content type is invalid, File is invalid")
        id = self._number()
        alt = parts["description"][1].decode() if "description" in parts else None
        waits = self.works if kind.startswith("video") else 0
        self.media[id] = {"description": alt, "type": kind, "works": waits, "on": ""}
        status = 202 if kind.startswith("video") else 200
        return web.json_response(self._medium(id), status=status)

    def _medium(self, id: str) -> dict[str, Any]:
        file = self.media[id]
        url = None if file["works"] else f"{self.url}/files/{id}"
        return {"id": id, "type": file["type"].split("/")[0], "url": url} | {
            "description": file["description"]
        }

    async def _look_at_media(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if id not in self.media or self.media[id]["on"]:
            return refuse(404, "Record not found")
        if self.media[id]["works"]:
            self.media[id]["works"] -= 1
            return web.json_response(self._medium(id), status=206)
        return web.json_response(self._medium(id))

    # Statuses

    async def _post(self, request: web.Request) -> web.Response:
        said = await request.json()
        key = request.headers.get("Idempotency-Key", "")
        id, at = self.keys.get(key, ("", clock.now()))
        if key and id in self.posts and clock.now() - at < KEYS_LIVE:
            return web.json_response(self._said(self.posts[id]))
        if problem := self._problem(said):
            return problem
        post = self._stand(said)
        self.keys[key] = post.id, clock.now()
        return web.json_response(self._said(post))

    def _problem(self, said: dict[str, Any]) -> web.Response | None:
        media = said.get("media_ids", [])
        text, warning = said.get("status", ""), said.get("spoiler_text", "")
        if set(said) - FIELDS:
            return refuse(422, f"Unknown: {sorted(set(said) - FIELDS)}")
        if said.get("visibility", "public") not in ("public", "unlisted", "private", "direct"):
            return refuse(422, "Validation failed: Visibility is not included in the list")
        if not text.strip() and not media:
            return refuse(422, "Validation failed: Text can't be blank")
        if _length(text) + len(warning) > MOST:
            return refuse(422, f"Validation failed: Text character limit of {MOST} exceeded")
        if len(media) > 4 or any(id not in self.media or self.media[id]["on"] for id in media):
            return refuse(422, "Media not found or already attached to another post")
        if any(self.media[id]["works"] for id in media):
            return refuse(422, "Cannot attach files that have not finished processing.")
        if said.get("in_reply_to_id") not in (None, *self.posts):
            return refuse(404, "The post you are trying to reply to does not appear to exist.")
        return None

    def _stand(self, said: dict[str, Any]) -> Standing:
        media = said.get("media_ids", [])
        post = Standing(self._number(), said.get("status", "").strip(), "1", media=media)
        post.reply_to = said.get("in_reply_to_id") or ""
        post.more = said | {"created_at": clock.now().isoformat()}
        for id in media:
            self.media[id]["on"] = post.id
        self.posts[post.id] = post
        return post

    def _said(self, post: Standing) -> dict[str, Any]:
        return {
            "id": post.id,
            "created_at": post.more["created_at"],
            "url": f"https://mastodon.test/@alice/{post.id}",
            "content": _html(post.text),
            "spoiler_text": post.more.get("spoiler_text", ""),
            "visibility": post.more.get("visibility", "public"),
            "in_reply_to_id": post.reply_to or None,
            "media_attachments": [self._medium(id) for id in post.media],
            "account": {"id": post.account, "username": "alice"},
            "reblog": None,
        } | self._counted(self.counts.get(post.id, {}))

    def _counted(self, counts: dict[str, int]) -> dict[str, int]:
        """Servers before 4.5 tell no quotes; those from then on count them apart."""
        told = named(counts, likes="favourites_count", replies="replies_count")
        if "reposts" in counts:
            told |= {"reblogs_count": counts["reposts"] - 1, "quotes_count": 1}
        return told

    async def _list(self, request: web.Request) -> web.Response:
        before = int(request.query.get("max_id", 10**9))
        ids = sorted((id for id in self.posts if int(id) < before), key=int, reverse=True)
        shown = ids[: int(request.query.get("limit", 20))]
        return web.json_response([self._said(self.posts[id]) for id in shown])

    async def _status(self, request: web.Request) -> web.Response:
        post = self.posts.get(request.match_info["id"])
        return web.json_response(self._said(post)) if post else refuse(404, "Record not found")

    async def _source(self, request: web.Request) -> web.Response:
        post = self.posts.get(request.match_info["id"])
        if post is None or not self.knows_source:
            return refuse(404, "Record not found")
        warning = post.more.get("spoiler_text", "")
        return web.json_response({"id": post.id, "text": post.text, "spoiler_text": warning})

    async def _delete(self, request: web.Request) -> web.Response:
        if not self.deletes or request.match_info["id"] not in self.posts:
            return refuse(404, "Record not found")
        post = self.posts.pop(request.match_info["id"])
        return web.json_response(self._said(post) | {"text": post.text})

    def _number(self) -> str:
        self.numbers += 1
        return str(self.numbers)


def _length(text: str) -> int:
    """As user/posting says: links 23, mentions without their server; each grapheme one."""
    text = regex.sub(r"https?://\S+", "x" * LINK, text)
    text = regex.sub(r"(?<![=/\w])@(\w+)@[\w.-]+\w", r"@\1", text)
    return len(regex.findall(r"\X", text))


def _html(text: str) -> str:
    """Links lose their scheme to the eye, mentions their server (entities/Status)."""
    made = regex.sub(
        r"(https?://)(\S+)",
        r'<a href="\1\2"><span class="invisible">\1</span><span class="">\2</span></a>',
        escape(text, quote=False),
    )
    made = regex.sub(r"@(\w+)@[\w.-]+\w", r'<span class="h-card">@<span>\1</span></span>', made)
    return f"<p>{made}</p>".replace("\n\n", "</p><p>").replace("\n", "<br />")


def _parts(request: web.Request, body: bytes) -> dict[str, tuple[str, bytes]]:
    """RFC 7578: name of each part, with its type and bytes."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    found = {}
    for part in message_from_bytes(head + body, policy=HTTP).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = part.get_content_type(), part.get_payload(decode=True)
    return found
