"""A double of Discord's webhooks, from docs.discord.com/developers (resources/webhook, reference
"Uploading Files" and "Error Messages", topics/rate-limits; API v10, read 2026-11-25). It refuses
what the message schema does not know (the real one passes over it). What it is asked and answers is
held against Discord's OpenAPI (tests/networks/published/discord.py)."""

import json
from email import message_from_bytes, policy
from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Double, Standing

FIELDS = {"content", "allowed_mentions", "flags", "thread_name", "attachments"}
WEBHOOK, CHANNEL, GUILD = "112233445566778899", "223344556677889900", "334455667788990011"
THREAD = "445566778899001122"
TOKEN = "canary_" + "t" * 61


class DiscordDouble(Double):
    """One webhook of one channel. `is_forum`: the channel wants a title; `wait`: seconds told by
    the next 429; `pictures`: what it serves to be fetched, by path."""

    def __init__(self) -> None:
        self.is_forum = False
        self.is_deleted = False
        self.wait = 0.0
        self.pictures: dict[str, bytes] = {}
        super().__init__()

    @property
    def address(self) -> str:
        return f"{self.url}/api/webhooks/{WEBHOOK}/{TOKEN}"

    def routes(self) -> list[web.RouteDef]:
        hook = "/api/v10/webhooks/{id}/{token}"
        return [
            web.get(hook, self.look),
            web.delete(hook, self.take_back),
            web.post(hook, self.execute),
            web.get(hook + "/messages/{message}", self.message),
            web.delete(hook + "/messages/{message}", self.remove),
            web.get("/media/{name}", self.serve),
        ]

    def is_publish(self, request: web.Request) -> bool:
        return request.method == "POST"

    def stranger(self, request: web.Request) -> web.Response | None:
        who, token = request.match_info["id"], request.match_info["token"]
        if who != WEBHOOK or self.is_deleted:
            return _no(404, 10015, "Unknown Webhook")
        if token != TOKEN or token in self.revoked:
            return _no(401, 50027, "Invalid Webhook Token")
        return None

    async def look(self, request: web.Request) -> web.Response:
        said = {"id": WEBHOOK, "type": 1, "name": "News", "avatar": None, "application_id": None}
        hook = said | {"channel_id": CHANNEL, "guild_id": GUILD, "token": TOKEN}
        return self.stranger(request) or web.json_response(hook)

    async def take_back(self, request: web.Request) -> web.Response:
        if stranger := self.stranger(request):
            return stranger
        self.is_deleted = True
        return web.Response(status=204)

    async def execute(self, request: web.Request) -> web.Response:
        if stranger := self.stranger(request):
            return stranger
        if self.wait:
            wait, self.wait = self.wait, 0.0
            said = {"message": "You are being rate limited.", "retry_after": wait, "global": False}
            said |= {"code": 0}
            return web.json_response(said, status=429, headers={"X-RateLimit-Scope": "user"})
        assert set(request.query) <= {"wait", "thread_id"} and request.query["wait"] == "true"
        message, files = await _read(request)
        if trouble := self.wrong(message, files, request.query.get("thread_id", "")):
            return trouble
        return self.post(message, files, request.query.get("thread_id", ""))

    def wrong(
        self, message: dict[str, Any], files: dict[str, bytes], thread: str
    ) -> web.Response | None:
        if unknown := set(message) - FIELDS:
            return _no(400, 50035, "Invalid Form Body", dict.fromkeys(unknown, "Unknown"))
        if len(message.get("content", "")) > 2000:
            return _no(400, 50035, "Invalid Form Body", {"content": "Must be 2000 or fewer."})
        if not message.get("content") and not files:
            return _no(400, 50006, "Cannot send an empty message")
        if len(files) > 10 or set(files) != {
            f"files[{one['id']}]" for one in message.get("attachments", [])
        }:
            return _no(400, 50035, "Invalid Form Body", {"attachments": "They don't match."})
        if self.is_forum and not thread and not message.get("thread_name"):
            words = "Webhooks posted to forum channels must have a thread_name or thread_id"
            return _no(400, 220001, words)
        if message.get("thread_name") and not self.is_forum:
            return _no(400, 220003, "Webhooks can only create threads in forum channels")
        return _no(404, 10003, "Unknown Channel") if thread not in ("", THREAD) else None

    def post(self, message: dict[str, Any], files: dict[str, bytes], thread: str) -> web.Response:
        number = str(900_000_000_000_000_000 + len(self.seen))
        where = THREAD if thread or message.get("thread_name") else CHANNEL
        alts = [one.get("description", "") for one in message.get("attachments", [])]
        more = message | {"where": where, "files": files}
        self.posts[number] = Standing(number, message["content"], WEBHOOK, "", alts, more)
        said = _message(number, where, message, files)
        headers = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4"}
        return web.json_response(said, headers=headers | {"X-RateLimit-Reset-After": "2"})

    async def message(self, request: web.Request) -> web.Response:
        """`reactions` is left out where there are none (resources/message)."""
        if stranger := self.stranger(request):
            return stranger
        number = request.match_info["message"]
        found = self.posts.get(number)
        if found is None or found.more["where"] != request.query.get("thread_id", CHANNEL):
            return _no(404, 10008, "Unknown Message")
        likes = self.counts.get(number, {}).get("likes", 0)
        kinds = [_reaction("👍", likes - 1), _reaction("🎉", 1)]
        told = {"reactions": kinds} if likes else {}
        sent = {name: found.more[name] for name in FIELDS & found.more.keys()}
        said = _message(number, found.more["where"], sent, found.more["files"])
        return web.json_response(said | told)

    async def remove(self, request: web.Request) -> web.Response:
        if stranger := self.stranger(request):
            return stranger
        number = request.match_info["message"]
        found = self.posts.get(number)
        thread = request.query.get("thread_id", CHANNEL)
        if found is None or found.more["where"] != thread:
            return _no(404, 10008, "Unknown Message")
        del self.posts[number]
        return web.Response(status=204)

    async def serve(self, request: web.Request) -> web.Response:
        body = self.pictures.get(request.match_info["name"])
        return web.Response(body=body) if body else web.Response(status=404)


def _message(
    number: str, where: str, message: dict[str, Any], files: dict[str, bytes]
) -> dict[str, Any]:
    """As `wait=true` answers it."""
    now = clock.now().isoformat()
    hook = {"id": WEBHOOK, "username": "News", "avatar": None, "discriminator": "0000", "bot": True}
    hook |= {"public_flags": 0, "flags": 0, "global_name": None, "primary_guild": None}
    said = {"id": number, "channel_id": where, "webhook_id": WEBHOOK, "author": hook, "type": 0}
    said |= {"content": message["content"], "timestamp": now, "edited_timestamp": None}
    said |= {"flags": message.get("flags", 0), "pinned": False, "tts": False}
    said |= {"mentions": [], "mention_roles": [], "mention_everyone": False}
    shown = []
    for one in message.get("attachments", []):
        url = (
            f"https://cdn.discordapp.com/attachments/{where}/{number}{one['id']}/{one['filename']}"
        )
        size = len(files[f"files[{one['id']}]"])
        shown.append(
            one | {"id": f"{number}{one['id']}", "size": size, "url": url, "proxy_url": url}
        )
    return said | {"embeds": [], "components": [], "attachments": shown}


def _reaction(name: str, count: int) -> dict[str, Any]:
    """Nobody reacts as a webhook."""
    details = {"burst": 0, "normal": count}
    said = {"emoji": {"id": None, "name": name}, "count": count, "count_details": details}
    return said | {"burst_colors": [], "me": False, "me_burst": False}


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """JSON, or parts (RFC 7578): the message as `payload_json` beside the files."""
    body = await request.read()
    if request.content_type == "application/json":
        return json.loads(body), {}
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + body, policy=policy.HTTP).iter_parts()  # type: ignore[attr-defined]
    named = {part.get_param("name", header="content-disposition"): part for part in parts}
    message = json.loads(named.pop("payload_json").get_payload(decode=True))
    assert all(part.get_filename() for part in named.values())
    return message, {name: part.get_payload(decode=True) for name, part in named.items()}


def _no(status: int, code: int, words: str, fields: dict[str, str] | None = None) -> web.Response:
    said: dict[str, Any] = {"message": words, "code": code}
    if fields:
        said["errors"] = {
            name: {"_errors": [{"code": "BASE", "message": why}]} for name, why in fields.items()
        }
    return web.json_response(said, status=status)
