"""A double of a relay (NIP-01, 09) and of a Blossom media server (BUD-01, 02, 11), for the faults that
the real relay of tests/servers/nostr does not play. Read 2026-11-25."""

import asyncio
import base64
import hashlib
import json
from typing import Any

from aiohttp import WSMsgType, web
from coincurve import PublicKeyXOnly

from app import clock
from tests.servers.doubles import Double, Standing

BREAKS = ("lose", "500 after", "truncated")


class NostrDouble(Double):
    """`refusal`: what it answers every event with from now on; `is_mute`: it never answers;
    `profile`: an event of kind 0 that it has; `blobs`: what was uploaded, by hash."""

    def __init__(self) -> None:
        self.refusal = ""
        self.is_mute = False
        self.is_forger = False
        self.profile: dict[str, Any] | None = None
        self.events: dict[str, dict[str, Any]] = {}
        self.blobs: dict[str, bytes] = {}
        super().__init__()

    @property
    def relay(self) -> str:
        return self.url.replace("http", "ws")

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.talk), web.put("/upload", self.upload)]

    def is_publish(self, request: web.Request) -> bool:
        return False  # faults are played on messages, not on requests

    def clear(self) -> None:
        self.refusal, self.is_mute, self.is_forger, self.profile = "", False, False, None
        for kept in (self.events, self.posts, self.faults, self.blobs):
            kept.clear()

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for said in line:
            if said.type is not WSMsgType.TEXT:
                break
            if self.is_mute:
                continue
            match json.loads(said.data):
                case ["EVENT", event]:
                    await self.take(request, line, event)
                case ["REQ", name, wanted]:
                    await self.look(line, name, wanted)
        return line

    async def take(
        self, request: web.Request, line: web.WebSocketResponse, event: dict[str, Any]
    ) -> None:
        await line.send_str(json.dumps(["NOTICE", "hello"]))
        fault = self.faults.popleft() if self.faults else ""
        assert request.transport
        if fault in ("drop", "late"):
            if fault == "late":
                self.late.append(lambda: asyncio.to_thread(self.store, event))
            request.transport.abort()
            return
        is_well, words = self.store(event)
        if fault in BREAKS:
            request.transport.abort()
        elif fault == "garbage":
            await line.send_str("<html>not what you think</html>")
        else:
            await line.send_str(json.dumps(["OK", event["id"], is_well, words]))

    def store(self, event: dict[str, Any]) -> tuple[bool, str]:
        if self.refusal:
            return False, self.refusal
        if not is_signed(event):
            return False, "invalid: bad signature"
        if event["id"] in self.events:
            return False, "duplicate: exists"
        self.events[event["id"]] = event
        if event["kind"] == 5:
            for name, id, *_ in event["tags"]:
                if name == "e" and self.events.get(id, event)["pubkey"] == event["pubkey"]:
                    self.events.pop(id, None)
                    self.posts.pop(id, None)
        if event["kind"] == 1:
            self.posts[event["id"]] = _standing(event)
        return True, ""

    async def look(self, line: web.WebSocketResponse, name: str, wanted: dict[str, Any]) -> None:
        known = [self.profile] if self.profile and wanted.get("kinds") == [0] else []
        known += [self.events[id] for id in wanted.get("ids", ()) if id in self.events]
        known += [
            event
            for event in self.events.values()
            for mark in ("e", "q")
            for tag in event["tags"]
            if event["kind"] in wanted.get("kinds", ())
            and tag[0] == mark
            and tag[1] in wanted.get(f"#{mark}", ())
        ]
        for event in known:
            forged = event | {"content": "forged"} if self.is_forger else event
            await line.send_str(json.dumps(["EVENT", name, forged]))
        await line.send_str(json.dumps(["EOSE", name]))

    async def upload(self, request: web.Request) -> web.Response:
        body = await request.read()
        digest = hashlib.sha256(body).hexdigest()
        scheme, _, spelled = request.headers["Authorization"].partition(" ")
        event = json.loads(base64.urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4)))
        tags = {tag[0]: tag[1] for tag in event["tags"]}
        is_allowed = is_signed(event) and (scheme, event["kind"]) == ("Nostr", 24242)
        is_meant = (tags["t"], tags["x"]) == ("upload", digest)
        if not (is_allowed and is_meant and int(tags["expiration"]) > clock.now().timestamp()):
            return web.Response(status=401, headers={"X-Reason": "Not authorized"})
        if len(body) > 100_000:
            return web.Response(status=413, headers={"X-Reason": "Too large"})
        self.blobs[digest] = body
        type = request.headers["Content-Type"]
        url = f"https://media.example/{digest}.{type.partition('/')[2]}"
        said = {"url": url, "sha256": digest, "size": len(body), "type": type, "uploaded": 1}
        return web.json_response(said)


def is_signed(event: dict[str, Any]) -> bool:
    """NIP-01, spelled anew: the hash of the six, and its signature."""
    six = [0, event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"]]
    spelled = json.dumps(six, separators=(",", ":"), ensure_ascii=False).encode()
    digest = hashlib.sha256(spelled).digest()
    author = PublicKeyXOnly(bytes.fromhex(event["pubkey"]))
    return digest.hex() == event["id"] and author.verify(bytes.fromhex(event["sig"]), digest)


def _standing(event: dict[str, Any]) -> Standing:
    reply = [tag[1] for tag in event["tags"] if tag[0] == "e"]
    media = [tag for tag in event["tags"] if tag[0] == "imeta"]
    last = reply[-1] if reply else ""
    return Standing(event["id"], event["content"], event["pubkey"], last, media, event)
