"""A receiver of signed events as its owner would write it: signatures are checked by the
specification's own library (PyPI `standardwebhooks`), not by ours."""

import json
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from tests.servers.doubles import Double, Standing

SECRET = "whsec_Y2FuYXJ5X2NhbmFyeV9jYW5hcnlfY2FuYXJ5XzAx"


class Receiver(Double):
    """`remembers`: ignores ids that it has seen. `status`: what it answers to what is well signed."""

    def __init__(self) -> None:
        self.remembers = False
        self.status = 204
        self.events: list[dict[str, Any]] = []
        self.known: set[str] = set()
        super().__init__()

    @property
    def address(self) -> str:
        return f"{self.url}/hooks/canary-in-the-path"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/hooks/canary-in-the-path", self.take)]

    def is_publish(self, request: web.Request) -> bool:
        return True

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            event = Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError as trouble:
            return web.Response(status=401, text=str(trouble))
        if SECRET in self.revoked:
            return web.Response(status=401)
        if not 200 <= self.status < 300:
            return web.Response(status=self.status, headers={"Location": "/elsewhere"})
        id = request.headers["webhook-id"]
        if not (self.remembers and id in self.known):
            self.known.add(id)
            self.handle(event)
        return web.Response(status=self.status)

    def handle(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        data = event["data"]
        if event["type"] == "post.published":
            number = f"{data['id']}/{len(self.seen)}"  # a second copy is a second post here
            alts = [one["alt"] for one in data["media"]]
            reply = data["after"] or ""
            self.posts[number] = Standing(data["id"], data["text"], "", reply, alts, data)
        if event["type"] == "post.deleted":
            self.posts = {n: p for n, p in self.posts.items() if p.id != data["id"]}

    def bodies(self) -> list[Any]:
        return [json.loads(one.body) for one in self.seen]
