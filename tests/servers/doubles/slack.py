"""A double of Slack's incoming webhooks, from docs.slack.dev (sending messages using incoming
webhooks, "Handling errors"; Block Kit's section and image blocks; rate limits; read 2026-11-25).
Answers are words in plain text; fields and blocks that it does not know are refused. What it is asked
is held against Slack's own SDK (tests/networks/published/slack.py), which leaves the answers out."""

import json
from typing import Any

from aiohttp import web

from tests.servers.doubles import Double, Standing

TEAM, HOOK, SECRET = "T0CANARY", "B0CANARY", "canarycanarycanarycanary"
FIELDS = {"text", "blocks", "unfurl_links", "unfurl_media"}


class SlackDouble(Double):
    """One webhook of one channel. `word`: the error that it answers with from now on."""

    def __init__(self) -> None:
        self.word = ""
        super().__init__()

    @property
    def address(self) -> str:
        return f"{self.url}/services/{TEAM}/{HOOK}/{SECRET}"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/services/{team}/{hook}/{secret}", self.take)]

    def is_publish(self, request: web.Request) -> bool:
        return True

    async def take(self, request: web.Request) -> web.Response:
        where = request.match_info
        if where["team"] != TEAM or where["hook"] != HOOK:
            return _say(404, "no_service")
        if where["secret"] != SECRET or SECRET in self.revoked:
            return _say(403, "invalid_token")
        if self.word:
            status = {"channel_is_archived": 410, "channel_not_found": 404}.get(self.word, 403)
            return _say(status, self.word)
        message = json.loads(await request.read())
        if set(message) - FIELDS:
            return _say(400, "invalid_payload")
        if not message.get("text") and not message.get("blocks"):
            return _say(400, "no_text")
        if not all(map(_is_well, message.get("blocks", []))) or len(message["text"]) > 40_000:
            return _say(400, "invalid_blocks")
        self.post(message)
        return _say(200, "ok")

    def post(self, message: dict[str, Any]) -> None:
        number = str(len(self.seen))
        shown = message["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        alts = [b["alt_text"] for b in message.get("blocks", []) if b["type"] == "image"]
        self.posts[number] = Standing(number, shown, HOOK, "", alts, message)


def _is_well(block: dict[str, Any]) -> bool:
    if block["type"] == "section":
        text = block["text"]
        return text["type"] == "mrkdwn" and 1 <= len(text["text"]) <= 3000
    if block["type"] == "image":
        url, alt = block["image_url"], block["alt_text"]
        return set(block) == {"type", "image_url", "alt_text"} and (
            url.startswith("http") and len(url) <= 3000 and 1 <= len(alt) <= 2000
        )
    return False


def _say(status: int, word: str) -> web.Response:
    return web.Response(status=status, text=word)
