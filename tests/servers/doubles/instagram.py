"""A double of the Instagram API with Instagram login. From developers.facebook.com/docs/
instagram-platform/content-publishing, .../reference/error-codes, .../instagram-graph-api/reference/
ig-user/media, ig-container, ig-media/comments, read on 2026-11-25. Posts can't be deleted there,
comments can."""

from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Standing, named
from tests.servers.doubles.containers import ContainersDouble
from tests.servers.doubles.meta import (
    KEYS,
    No,
    newest_first,
    only,
    page,
    stamp,
    told_as_insights,
    wants,
)

ACCOUNT, SCOPED, HANDLE = "17841405822304914", "6171234567890", "metricsaurus"
NOTHING = "Object with ID '{}' does not exist or does not support this operation"


class InstagramDouble(ContainersDouble):
    make, publish, listing, limit = "media", "media_publish", "media", "content_publishing_limit"
    prefix = "ig"
    lets_see = True  # was the permission for insights given?
    kind = "FEED"
    in_a_list = True  # does the token endpoint wrap its answer, as the documents say?
    scopes = frozenset(
        {
            "instagram_business_basic",
            "instagram_business_content_publish",
            "instagram_business_manage_comments",
            "instagram_business_manage_insights",
        }
    )
    may = frozenset(
        {
            *("image_url", "video_url", "caption", "alt_text", "media_type", "is_carousel_item"),
            *("children", "share_to_feed", "collaborators", "cover_url", "location_id"),
            *("product_tags", "thumb_offset", "user_tags", "audio_name", "is_ai_generated"),
        }
    )
    status = frozenset({"id", "status_code", "status", "copyright_check_status"})

    def is_publish(self, request: web.Request) -> bool:
        path = request.path
        return request.method == "POST" and path.endswith(("/media_publish", "/comments"))

    async def serve(self, method: str, path: list[str], said: dict[str, Any]) -> Any:
        if path == ["oauth", "access_token"]:
            token, needs = self.redeem(said, "grant_type"), ",".join(sorted(self.scopes))
            made = {"access_token": token, "user_id": SCOPED, "permissions": needs}
            return {"data": [made]} if self.in_a_list else made
        if path in (["access_token"], ["refresh_access_token"]):
            return await self.keys(path, said)
        self.whose(said)
        if path[0] in ("me", ACCOUNT):
            return self._mine(method, path[1:], said)
        return self._node(method, path[0], path[1:], said)

    def _mine(self, method: str, edge: list[str], said: dict[str, Any]) -> Any:
        if not edge:
            known = {"id": SCOPED, "user_id": ACCOUNT, "username": HANDLE, "name": "Metricsaurus"}
            known |= {"account_type": "BUSINESS"}
            if self.followers is not None:
                known |= {"followers_count": self.followers}  # type: ignore[dict-item]
            asked = wants(said, {*known, "followers_count"})
            return {name: known[name] for name in asked if name in known}
        if (method, edge[0]) == ("POST", self.make):
            return self.create(said)
        if (method, edge[0]) == ("POST", self.publish):
            return self.make_public(said)
        if edge[0] == self.limit:
            wants(said, {"quota_usage", "config"})
            config = {"quota_total": self.total, "quota_duration": 86_400}
            return {"data": [{"quota_usage": self.used, "config": config}]}
        only(said, {"fields", "limit", "after"} | KEYS)
        may = ("id", "caption", "permalink", "timestamp", "media_type")
        return self.listed(said, wants(said, may))

    def _node(self, method: str, id: str, edge: list[str], said: dict[str, Any]) -> Any:
        if id in self.containers:
            return self.look(id, said)
        post = self.posts.get(id)
        if post is None:
            raise No(100, NOTHING.format(id), 33)
        if edge == ["comments"]:
            return self._comments(method, post, said)
        if edge == ["insights"]:
            return self._insights(id, said)
        if method == "DELETE":
            if not post.reply_to:
                raise No(100, NOTHING.format(id), 33)
            del self.posts[id]
            return {"success": True}
        may = ("id", "permalink", "caption", "timestamp", "like_count", "comments_count")
        return self.shown(post, wants(said, (*may, "media_product_type")))

    def _insights(self, id: str, said: dict[str, Any]) -> Any:
        """.../reference/instagram-media/insights: of what it does not know yet there is no row."""
        if not self.lets_see:
            raise No(10, "(#10) Application does not have permission for this action")
        may = {"views", "reach", "saved", "shares"} | (
            {"follows"} if self.kind == "FEED" else set()
        )
        told = named(self.counts.get(id, {}), impressions="views", reach="reach", saves="saved")
        told |= named(self.counts.get(id, {}), reposts="shares", follows="follows")
        return told_as_insights(said, told, may)

    def _comments(self, method: str, under: Standing, said: dict[str, Any]) -> Any:
        if method == "POST":
            only(said, {"message"} | KEYS, {"message"})
            more = {"at": clock.now(), "by": HANDLE}
            made = Standing(next(self.ids), said["message"], "me", under.id, [], more)
            self.posts[made.id] = made
            return {"id": made.id}
        fields = wants(said, ("id", "text", "timestamp", "username", "from", "user"))
        own = [post for post in self.posts.values() if post.reply_to == under.id]
        return page(said, [self.shown(post, fields) for post in newest_first(own)])

    def check(self, said: dict[str, Any]) -> None:
        kind, is_item = said.get("media_type"), said.get("is_carousel_item") == "true"
        if len(said.get("caption", "")) > 2200:
            raise No(36_004, "The caption was too long.", 2_207_010)
        if kind == "CAROUSEL":
            return self.check_children(said, 10)
        if kind not in (None, "VIDEO", "REELS", "STORIES") or (kind == "VIDEO" and not is_item):
            raise No(100, "Unknown media type.", 2_207_023)
        url = said.get("video_url" if kind else "image_url", "")
        if not url.startswith("https://"):
            raise No(9004, "Only photo or video can be accepted as media type.", 2_207_052)
        if is_item and "caption" in said:
            raise No(100, "Captions are not supported on carousel items.")
        if kind and "alt_text" in said:
            raise No(100, "alt_text is supported on images only.")

    def unknown(self, id: str) -> No:
        return No(24, "The requested resource does not exist", 2_207_006)

    def shown(self, post: Standing, fields: list[str]) -> dict[str, Any]:
        whole = {
            "id": post.id,
            "caption": post.text,
            "text": post.text,
            "permalink": f"https://www.instagram.com/p/{post.id}/",
            "timestamp": stamp(post),
            "username": post.more.get("by", HANDLE),
            "media_type": "IMAGE",
            "from": {"id": ACCOUNT, "username": post.more.get("by", HANDLE)},
            "media_product_type": self.kind,
        }
        counts = self.counts.get(post.id, {})
        whole |= named(counts, likes="like_count", replies="comments_count")  # type: ignore[arg-type]
        if whole["username"] == HANDLE:
            whole["user"] = {"id": ACCOUNT}
        return {name: whole[name] for name in {"id", *fields} if name in whole}
