"""A double of X's API, from its public contract: docs.x.com/x-api (repository xdevplatform/docs, read
on 2026-11-25: media upload, create post, user posts timeline, response codes, OAuth 2.0). What it is
asked and answers is held against X's own generated client (tests/networks/published/x.py); here too
a field or parameter that the contract does not name is refused. What the contract leaves out is from
what people report: the duplicate's 403, the 402 without credits, `invalid_request` for a spent refresh
token. Not played: the 280 limit, how long a duplicate counts, real video work."""

import itertools
from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Standing, named, parts
from tests.servers.doubles.keys import KeyDouble, Yes

SCOPES = {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}
FIELDS = {"text", "media", "reply", "reply_settings"}
REPLIES = {"following", "mentionedUsers", "subscribers", "verified"}
ASKED = {"start_time", "max_results", "exclude", "post.fields", "expansions", "pagination_token"}
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
PAGE = 5


class XDouble(KeyDouble):
    """`trouble`: a status and words that the next post is refused with. `looks`: how often a video
    is still being worked on."""

    asks_challenge = True
    refusal = ("invalid_request", "Value passed for the token was invalid.")

    def __init__(self) -> None:
        self.media: dict[str, dict[str, Any]] = {}
        self.trouble: tuple[int, str] | None = None
        self.looks = 1
        milliseconds = int(clock.now().timestamp() * 1000) - 1_288_834_974_657
        self._numbers = itertools.count(milliseconds << 22)
        self.withheld: set[str] = set()  # posts whose private figures X does not tell
        super().__init__()
        self.known_scopes = SCOPES

    def is_publish(self, request: web.Request) -> bool:
        return (request.method, request.path) == ("POST", "/2/tweets")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/i/oauth2/authorize", self.authorize),
            web.post("/2/oauth2/token", self.token),
            web.post("/2/oauth2/revoke", self.revoke),
            web.get("/2/users/me", self.me),
            web.get("/2/users/{id}/tweets", self.timeline),
            web.get("/2/users/{id}", self.somebody),
            web.get("/2/tweets", self.measured),
            web.post("/2/tweets", self.create),
            web.delete("/2/tweets/{id}", self.delete),
            web.post("/2/media/upload", self.upload),
            web.get("/2/media/upload", self.status),
            web.post("/2/media/upload/initialize", self.initialize),
            web.post("/2/media/upload/{id}/append", self.append),
            web.post("/2/media/upload/{id}/finalize", self.finalize),
            web.post("/2/media/metadata", self.describe),
        ]

    async def me(self, request: web.Request) -> web.StreamResponse:
        yes = self._allowed(request, "users.read")
        return _data({"id": yes.person, "name": "Grace", "username": "grace"})

    async def somebody(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "users.read")
        _only(request.query, {"user.fields"})
        assert request.query["user.fields"] == "public_metrics"
        told = {"following_count": 1, "post_count": len(self.posts), "listed_count": 0}
        told |= {} if self.followers is None else {"followers_count": self.followers}
        return _data({"id": "1", "name": "Grace", "username": "grace", "public_metrics": told})

    async def measured(self, request: web.Request) -> web.StreamResponse:
        """docs.x.com/x-api/fundamentals/metrics, docs.x.com/x-api/posts/get-posts-by-ids."""
        self._allowed(request, "tweet.read")
        _only(request.query, {"ids", "post.fields"})
        data, errors = [], []
        for id in request.query["ids"].split(","):
            said: dict[str, Any] = {"id": id, "public_metrics": _public(self.counts.get(id, {}))}
            is_private = "non_public_metrics" in request.query["post.fields"]
            if id not in self.posts:
                errors.append(_problem("resource-not-found", "Not Found Error", id))
            elif is_private and id in self.withheld:
                why = _problem("not-authorized-for-field", "Field Authorization Error", id)
                errors.append(why | {"field": "non_public_metrics"})
            else:
                own = named(self.counts.get(id, {}), clicks="url_link_clicks")
                said["text"] = self.posts[id].text
                data.append(said | ({"non_public_metrics": own} if is_private else {}))
        body = ({"data": data} if data else {}) | ({"errors": errors} if errors else {})
        return web.json_response(body)

    async def create(self, request: web.Request) -> web.StreamResponse:
        yes, body = self._allowed(request, "tweet.write"), await request.json()
        _only(body, FIELDS)
        ids, text = body.get("media", {}).get("media_ids", []), body.get("text", "")
        parent = body.get("reply", {}).get("in_reply_to_tweet_id", "")
        if self.trouble:
            _no(*self.trouble)
        if not (text or ids) or body.get("reply_settings", "verified") not in REPLIES:
            _no(400, "One or more parameters to your request was invalid.")
        if "reply" in body and "reply_settings" in body:
            _no(400, "Conversation controls are not allowed for replies.")
        if any(self.media.get(id, {}).get("state") != "succeeded" for id in ids):
            _no(400, "Your media IDs are invalid.")
        if parent and parent not in self.posts:
            _no(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        if any(p.text == text and p.reply_to == parent for p in self.posts.values()):
            _no(403, DUPLICATE)
        id = str(next(self._numbers))
        more = {"at": clock.now(), "replies": body.get("reply_settings", "")}
        self.posts[id] = Standing(id, text, yes.person, parent, ids, more)
        return _data({"id": id, "text": text}, 201)

    async def timeline(self, request: web.Request) -> web.StreamResponse:
        """Newest first, with t.co links as X writes them, and with no more than was asked for."""
        self._allowed(request, "tweet.read")
        _only(request.query, ASKED)
        start = int(request.query.get("pagination_token", "0"))
        since = request.query.get("start_time", "")
        assert len(since) == len("2026-01-01T00:00:00Z"), since
        fields = request.query.get("post.fields", "").split(",")
        asked = {"id", "text", *fields, *request.query.get("expansions", "").split(",")}
        every = [
            {name: value for name, value in self._shown(post).items() if name in asked}
            for post in reversed(self.posts.values())
            if post.more["at"].strftime("%Y-%m-%dT%H:%M:%SZ") >= since
        ]
        meta = {"result_count": len(every[start : start + PAGE])}
        if len(every) > start + PAGE:
            meta["next_token"] = str(start + PAGE)  # type: ignore[assignment]
        said = {"meta": meta} | ({"data": every[start : start + PAGE]} if every else {})
        return web.json_response(said)

    def _shown(self, post: Standing) -> dict[str, Any]:
        words, urls = post.text, list[dict[str, Any]]()
        words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for number, link in enumerate(w for w in post.text.split() if "://" in w):
            short = f"https://t.co/{number}{post.id[-6:]}"
            words = words.replace(link.replace("&", "&amp;"), short)
            urls.append({"url": short, "expanded_url": link})
        if post.media:
            own = f"https://x.com/grace/status/{post.id}/photo/1"
            urls.append({"url": "https://t.co/media", "expanded_url": own, "media_key": "3_1"})
            words = f"{words} https://t.co/media"
        for link in urls:
            link["start"] = words.index(link["url"])
            link["end"] = link["start"] + len(link["url"])
        shown: dict[str, Any] = {
            "id": post.id,
            "text": words,
            "created_at": post.more["at"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        if urls:
            shown["entities"] = {"urls": urls}
        if post.media:
            shown["attachments"] = {"media_keys": [f"3_{id}" for id in post.media]}
        if post.reply_to:
            shown["referenced_posts"] = [{"type": "replied_to", "id": post.reply_to}]
        return shown

    async def delete(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "tweet.write")
        if self.posts.pop(request.match_info["id"], None) is None:
            _no(404, "Could not find tweet.")
        return _data({"deleted": True})

    async def upload(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "media.write")
        form = await parts(request)
        _only(form, {"media", "media_category"})
        assert form["media_category"] == b"tweet_image", form["media_category"]
        id = str(next(self._numbers))
        self.media[id] = {"state": "succeeded", "body": form["media"], "alt": ""}
        return _data({"id": id, "media_key": f"3_{id}", "expires_after_secs": 86400})

    async def initialize(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "media.write")
        body = await request.json()
        _only(body, {"media_type", "total_bytes", "media_category"})
        id = str(next(self._numbers))
        self.media[id] = {"state": "open", "size": body["total_bytes"], "parts": {}, "alt": ""}
        return _data({"id": id, "media_key": f"13_{id}", "expires_after_secs": 86400})

    async def append(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "media.write")
        form, film = await parts(request), self._film(request.match_info["id"])
        _only(form, {"media", "segment_index"})
        if len(form["media"]) > 5 * 1024 * 1024:
            _no(400, "The stretch is too long.")
        film["parts"][int(form["segment_index"])] = form["media"]
        return _data({"expires_at": int(clock.now().timestamp()) + 86_400})

    async def finalize(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "media.write")
        id = request.match_info["id"]
        film = self._film(id)
        film["body"] = b"".join(film["parts"][n] for n in sorted(film["parts"]))
        if len(film["body"]) != film["size"]:
            _no(400, "The file is not whole.")
        film["state"], film["left"] = "pending", self.looks
        return _data(self._work(id, film))

    async def status(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "media.write")
        assert request.query["command"] == "STATUS", request.query
        film = self._film(request.query["media_id"])
        film["left"] -= 1
        if film["left"] <= 0 and film["state"] != "failed":
            film["state"] = "succeeded"
        return _data(self._work(request.query["media_id"], film))

    def _work(self, id: str, film: dict[str, Any]) -> dict[str, Any]:
        return {"id": id, "processing_info": {"state": film["state"], "check_after_secs": 1}}

    async def describe(self, request: web.Request) -> web.StreamResponse:
        self._allowed(request, "media.write")
        body = await request.json()
        _only(body, {"id", "metadata"})
        self.media[body["id"]]["alt"] = body["metadata"]["alt_text"]["text"]
        return _data({"id": body["id"]})

    def _film(self, id: str) -> dict[str, Any]:
        if id not in self.media:
            _no(400, "There is no such media.")
        return self.media[id]

    def _allowed(self, request: web.Request, scope: str) -> Yes:
        yes = self.who(request)
        if yes is None:
            _no(401, "Unauthorized")
        if scope not in yes.scopes:
            _no(403, "You are not permitted to perform this action.")
        return yes


def _public(counts: dict[str, int]) -> dict[str, int]:
    """Quotes are counted apart from reposts."""
    told = named(counts, impressions="impression_count", likes="like_count")
    told |= named(counts, replies="reply_count", saves="bookmark_count")
    if "reposts" in counts:
        told |= {"repost_count": counts["reposts"] - 1, "quote_count": 1}
    return told


def _problem(kind: str, title: str, id: str) -> dict[str, Any]:
    """What is wrong with one of several (docs.x.com/x-api/fundamentals/response-codes-and-errors)."""
    said = {"title": title, "detail": title, "type": f"https://api.x.com/2/problems/{kind}"}
    return said | {"resource_type": "tweet", "resource_id": id, "parameter": "ids", "value": id}


def _data(said: dict[str, Any], status: int = 200) -> web.Response:
    headers = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "99"}
    return web.json_response({"data": said}, status=status, headers=headers)


def _only(given: Any, known: set[str]) -> None:
    for name in set(given) - known:
        _no(400, f"The query parameter or field [{name}] is not one of {sorted(known)}.")


def _no(status: int, detail: str) -> Any:
    said = {"title": "no", "detail": detail, "type": "about:blank", "status": status}
    kinds = {400: web.HTTPBadRequest, 401: web.HTTPUnauthorized, 402: web.HTTPPaymentRequired}
    kinds |= {403: web.HTTPForbidden, 404: web.HTTPNotFound}
    raise kinds[status](text=web.json_response(said).text, content_type="application/json")
