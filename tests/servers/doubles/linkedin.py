"""A double of LinkedIn's API, from its public pages (learn.microsoft.com/linkedin: posts, images,
videos, comments, little text, organization access control, authentication; read on 2026-11-25;
there is no machine-readable contract), checked by hand: a field or parameter that the pages do not
name is refused, and so is a urn that is not escaped in an address. From what people report: the
words of DUPLICATE_POST, and shadows of deleted posts that block their words under new names."""

import itertools
from typing import Any

import regex
from aiohttp import web

from app import clock
from tests.servers.doubles import Standing, named
from tests.servers.doubles.keys import KeyDouble, Yes

MEMBER = {"openid", "profile", "w_member_social"}
PAGES = {"w_organization_social", "r_organization_social", "rw_organization_admin"}
PAGES |= {"r_member_postAnalytics"}
POST = {
    *("author", "commentary", "visibility", "distribution", "content", "lifecycleState"),
    "isReshareDisabledByAuthor",
}
PAGE, PERSON = "urn:li:organization:123", "urn:li:person:ada1"
CHUNK = 1000  # bytes of one part of a video
MARKUP = regex.compile(
    r"\\(.)|\{hashtag\|\\?([#＃])\|([^|{}]*)\}|@\[([^\]]*)\]\(urn:li:[^)]*\)|([\\|{}@\[\]()<>#*_~])"
)


def shown(commentary: str) -> str:
    """What people see of little text: cut off where markup makes no sense."""
    words, place = "", 0
    for found in MARKUP.finditer(commentary):
        words += commentary[place : found.start()]
        place = found.end()
        if found.group(5):
            return words
        words += found.group(1) or (found.group(2) or "") + (found.group(3) or found.group(4) or "")
    return words + commentary[place:]


def _statistics(counts: dict[str, int]) -> dict[str, int]:
    told = named(counts, impressions="impressionCount", reach="uniqueImpressionsCount")
    told |= named(counts, likes="likeCount", replies="commentCount", reposts="shareCount")
    return told | named(counts, clicks="clickCount")


class LinkedInDouble(KeyDouble):
    """`partner`: does the app get refresh tokens? `roles`: what the person may do on the page.
    `shadows`: words that a deleted post still blocks. `looks`: how often a video is in work."""

    basic, rotates, lifetime, person = False, False, 5_184_000, "ada1"

    def __init__(self) -> None:
        self.media: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        self.shadows: set[str] = set()
        self.roles, self.partner, self.looks = ["ADMINISTRATOR"], True, 1
        self.trouble: tuple[int, str, str] | None = None
        self._numbers = itertools.count(7_300_000_000_000_000_000)
        super().__init__()
        self.known_scopes = MEMBER | PAGES
        self.scope_error = "unauthorized_scope_error"

    def start_over(self) -> None:
        super().start_over()
        self.media.clear()
        self.comments.clear()
        self.shadows.clear()
        self.known_scopes = MEMBER | PAGES
        self.roles, self.partner, self.looks = ["ADMINISTRATOR"], True, 1
        self.trouble = None

    def extra(self, yes: Yes) -> dict[str, Any]:
        known = {"refresh_token_expires_in": 31_536_000} if self.partner else {}
        return known | ({} if self.partner else {"refresh_token": ""})

    def is_publish(self, request: web.Request) -> bool:
        is_comment = request.path.endswith("/comments")
        return request.method == "POST" and (request.path == "/rest/posts" or is_comment)

    def routes(self) -> list[web.RouteDef]:
        comments = "/rest/socialActions/{urn}/comments"
        return [
            web.get("/oauth/v2/authorization", self.authorize),
            web.post("/oauth/v2/accessToken", self.token),
            web.get("/v2/userinfo", self.me),
            web.get("/rest/organizationAcls", self.acls),
            web.get("/rest/organizationsLookup", self.lookup),
            web.get("/rest/organizationalEntityShareStatistics", self.statistics),
            web.get("/rest/memberCreatorPostAnalytics", self.analytics),
            web.get("/rest/networkSizes/{urn}", self.network_size),
            web.post("/rest/posts", self.create),
            web.get("/rest/posts", self.listed),
            web.get("/rest/posts/{urn}", self.one),
            web.delete("/rest/posts/{urn}", self.delete),
            web.post(comments, self.comment),
            web.get(comments, self.listed_comments),
            web.delete(comments + "/{id}", self.delete_comment),
            web.post("/rest/images", self.image),
            web.post("/rest/videos", self.video),
            web.get("/rest/videos/{urn}", self.look),
            web.put("/dms-uploads/{urn}/{part}", self.put),
        ]

    async def me(self, request: web.Request) -> web.StreamResponse:
        yes = self._allowed(request, "openid")
        return web.json_response({"sub": yes.person, "name": "Ada Lovelace", "locale": "en"})

    async def acls(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "rw_organization_admin", {"q", "state", "count", "role"})
        assert request.headers["X-RestLi-Method"] == "FINDER"
        found = [
            {"organization": PAGE, "role": role, "state": "APPROVED", "roleAssignee": PERSON}
            for role in self.roles
        ]
        return web.json_response({"elements": found, "paging": {"start": 0, "count": 100}})

    async def lookup(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "rw_organization_admin", {"ids"})
        assert request.query["ids"] == "List(123)", request.query["ids"]
        found = {"id": 123, "localizedName": "Analytical Engines", "vanityName": "engines"}
        return web.json_response({"results": {"123": found}, "statuses": {}, "errors": {}})

    async def statistics(self, request: web.Request) -> web.StreamResponse:
        """.../organizations/share-statistics; of what is gone or was never seen there is no row."""
        self._rest(
            request, "rw_organization_admin", {"q", "organizationalEntity", "shares", "ugcPosts"}
        )
        assert request.headers["X-RestLi-Method"] == "FINDER"
        assert request.query["organizationalEntity"] == PAGE
        names = request.query["shares"].removeprefix("List(").removesuffix(")").split(",")
        rows = [
            {
                "organizationalEntity": PAGE,
                "share": urn,
                "totalShareStatistics": _statistics(counts),
            }
            for urn in names
            if urn in self.posts and (counts := self.counts.get(urn)) is not None
        ]
        return web.json_response({"elements": rows, "paging": {"start": 0, "count": 10}})

    async def analytics(self, request: web.Request) -> web.StreamResponse:
        """.../members/post-statistics: one figure for each question."""
        known = {"q", "entity", "queryType", "aggregation"}
        self._rest(request, "r_member_postAnalytics", known)
        assert request.query["q"] == "entity" and request.query["aggregation"] == "TOTAL"
        urn = request.query["entity"].removeprefix("(share:").removesuffix(")")
        if urn not in self.posts:
            _no(404, "NOT_FOUND", "Entity not found")
        ours = {"IMPRESSION": "impressions", "MEMBERS_REACHED": "reach", "REACTION": "likes"}
        ours |= {"COMMENT": "replies", "RESHARE": "reposts"}
        kind = request.query["queryType"]
        count = self.counts.get(urn, {}).get(ours[kind])
        rows = [] if count is None else [{"count": count, "metricType": kind}]
        return web.json_response({"elements": rows})

    async def network_size(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "rw_organization_admin", {"edgeType"})
        assert request.query["edgeType"] == "COMPANY_FOLLOWED_BY_MEMBER"
        told = {} if self.followers is None else {"firstDegreeSize": self.followers}
        return web.json_response(told)

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self._rest(request, self._writing(body["author"]), set())
        _only(body, POST)
        if self.trouble:
            _no(*self.trouble)
        text, author = shown(body["commentary"]), body["author"]
        if body["visibility"] not in ("PUBLIC", "CONNECTIONS") or body["distribution"] != {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        }:
            _no(422, "", "ERROR :: /visibility or /distribution")
        media = self._media_of(body.get("content", {}))
        twin = next(
            (p.id for p in self.posts.values() if (p.text, p.account) == (text, author)), ""
        )
        if text in self.shadows:
            twin = f"urn:li:share:{next(self._numbers)}"
        if twin:
            _duplicate(twin)
        urn = f"urn:li:share:{next(self._numbers)}"
        self.posts[urn] = Standing(urn, text, author, "", media, body | {"at": clock.now()})
        return web.Response(status=201, headers={"x-restli-id": urn})

    def _media_of(self, content: dict[str, Any]) -> list[str]:
        _only(content, {"media", "multiImage", "article"})
        _only(content.get("article", {}), {"source", "title", "description", "thumbnail"})
        images = content.get("multiImage", {}).get("images", [])
        every = images + ([content["media"]] if "media" in content else [])
        for one in every:
            _only(one, {"id", "altText", "title"})
            if one["id"] not in self.media or self.media[one["id"]]["state"] != "AVAILABLE":
                _no(400, "", "The media asset is not there.")
        if images and len(images) < 2:
            _no(400, "", "multiImage wants two.")
        return [one["id"] for one in every]

    async def listed(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "r_organization_social", {"author", "q", "count", "sortBy", "start"})
        assert request.headers["X-RestLi-Method"] == "FINDER"
        found = [_shown(p) for p in self.posts.values() if p.account == request.query["author"]]
        return web.json_response({"elements": found[::-1], "paging": {"start": 0}})

    async def one(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "r_organization_social", set())
        post = self.posts.get(request.match_info["urn"])
        return web.json_response(_shown(post)) if post else _no(404, "NOT_FOUND", "gone")

    async def delete(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["X-RestLi-Method"] == "DELETE"
        self._rest(request, "w_member_social", set())
        self.posts.pop(request.match_info["urn"], None)
        return web.Response(status=204)

    async def comment(self, request: web.Request) -> web.StreamResponse:
        body, under = await request.json(), request.match_info["urn"]
        self._rest(request, self._writing(body["actor"]), set())
        _only(body, {"actor", "object", "message"})
        if under not in self.posts or body["object"] != under:
            _no(404, "NOT_FOUND", "no such post")
        id = str(next(self._numbers))
        made = {"created": {"time": int(clock.now().timestamp() * 1000)}}
        self.comments[id] = body | {"id": id} | made
        return web.json_response(self.comments[id], status=201, headers={"x-restli-id": id})

    async def listed_comments(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "r_organization_social", {"count", "start"})
        under = request.match_info["urn"]
        found = [one for one in self.comments.values() if one["object"] == under]
        return web.json_response({"elements": found[::-1]})

    async def delete_comment(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "w_organization_social", {"actor"})
        if self.comments.pop(request.match_info["id"], None) is None:
            _no(404, "NOT_FOUND", "gone")
        return web.Response(status=204)

    async def image(self, request: web.Request) -> web.StreamResponse:
        urn, _ = await self._register(request, "image")
        url = f"{self.url}/dms-uploads/{urn}/0"
        return web.json_response({"value": {"uploadUrl": url, "image": urn}})

    async def video(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if request.query["action"] == "finalizeUpload":
            self._rest(request, "w_member_social", {"action"})
            asked = body["finalizeUploadRequest"]
            film = self.media[asked["video"]]
            if [f"tag-{n}" for n in sorted(film["parts"])] != asked["uploadedPartIds"]:
                _no(400, "", "The parts are not whole.")
            film["body"] = b"".join(film["parts"][n] for n in sorted(film["parts"]))
            film["state"], film["left"] = "PROCESSING", self.looks
            return web.json_response({})
        urn, asked = await self._register(request, "video")
        steps = [
            {
                "uploadUrl": f"{self.url}/dms-uploads/{urn}/{first // CHUNK}",
                "firstByte": first,
                "lastByte": min(first + CHUNK, asked["fileSizeBytes"]) - 1,
            }
            for first in range(0, asked["fileSizeBytes"], CHUNK)
        ]
        value = {"video": urn, "uploadToken": "", "uploadInstructions": steps}
        return web.json_response({"value": value})

    async def _register(self, request: web.Request, kind: str) -> tuple[str, dict[str, Any]]:
        asked = (await request.json())["initializeUploadRequest"]
        self._rest(request, self._writing(asked["owner"]), {"action"})
        assert request.query["action"] == "initializeUpload"
        _only(asked, {"owner", "fileSizeBytes", "uploadCaptions", "uploadThumbnail"})
        urn = f"urn:li:{kind}:{next(self._numbers)}"
        self.media[urn] = {"state": "WAITING_UPLOAD", "parts": {}}
        return urn, asked

    async def put(self, request: web.Request) -> web.StreamResponse:
        urn, number = request.match_info["urn"], int(request.match_info["part"])
        kept = self.media.get(urn)
        if kept is None:
            return web.Response(status=404)
        kept["parts"][number] = await request.read()
        if ":image:" in urn:
            kept["state"], kept["body"] = "AVAILABLE", kept["parts"][number]
        return web.Response(status=201, headers={"ETag": f"tag-{number}"})

    async def look(self, request: web.Request) -> web.StreamResponse:
        self._rest(request, "w_member_social", set())
        film = self.media[request.match_info["urn"]]
        film["left"] -= 1
        if film["state"] == "PROCESSING" and film["left"] <= 0:
            film["state"] = "AVAILABLE"
        return web.json_response({"id": request.match_info["urn"], "status": film["state"]})

    def _writing(self, author: str) -> str:
        return "w_organization_social" if author == PAGE else "w_member_social"

    def _rest(self, request: web.Request, scope: str, known: set[str]) -> None:
        """A versioned call: its headers, its parameters, its urns escaped."""
        self._allowed(request, scope)
        assert len(request.headers["LinkedIn-Version"]) == len("202605")
        assert request.headers["X-Restli-Protocol-Version"] == "2.0.0"
        _only(request.query, known)
        if "urn:li" in request.raw_path:
            _no(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")

    def _allowed(self, request: web.Request, scope: str) -> Yes:
        yes = self.who(request)
        if yes is None:
            token = request.headers.get("Authorization", "").partition(" ")[2]
            why = "REVOKED" if token in self.revoked else "EXPIRED"
            _no(401, f"{why}_ACCESS_TOKEN", "The token is not good any more")
        if scope not in yes.scopes:
            _no(403, "ACCESS_DENIED", "Not enough permissions to access: /rest")
        return yes


def _shown(post: Standing) -> dict[str, Any]:
    made = int(post.more["at"].timestamp() * 1000)
    kept = {key: value for key, value in post.more.items() if key != "at"}
    return kept | {"id": post.id, "createdAt": made, "publishedAt": made}


def _only(given: Any, known: set[str]) -> None:
    for name in set(given) - known:
        _no(422, "", f"ERROR :: /{name} :: unrecognized field found but not allowed")


def _duplicate(urn: str) -> Any:
    said = {
        "message": f"Content is a duplicate of {urn}",
        "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]},
        "status": 422,
    }
    text = web.json_response(said).text
    raise web.HTTPUnprocessableEntity(text=text, content_type="application/json")


def _no(status: int, code: str, message: str) -> Any:
    said = {"status": status, "code": code, "message": message}
    kinds: dict[int, Any] = {400: web.HTTPBadRequest, 401: web.HTTPUnauthorized}
    kinds |= {403: web.HTTPForbidden, 404: web.HTTPNotFound, 422: web.HTTPUnprocessableEntity}
    kinds |= {426: web.HTTPUpgradeRequired}
    raise kinds[status](text=web.json_response(said).text, content_type="application/json")
