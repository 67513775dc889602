"""A double of the Threads API. From developers.facebook.com/documentation/threads/posts,
.../reference/publishing, .../retrieve-and-manage-replies/create-replies, .../posts/delete-posts,
.../troubleshooting, read on 2026-11-25; the error of a container that is not there yet (24, 4279009)
from gitroomhq/postiz-app pull request 2047."""

from typing import Any

from aiohttp import web

from tests.servers.doubles import Standing, named
from tests.servers.doubles.containers import Container, ContainersDouble
from tests.servers.doubles.meta import KEYS, No, only, stamp, told_as_insights, wants

ACCOUNT, HANDLE = "31415926535", "metricsaurus"
KINDS = ("TEXT", "IMAGE", "VIDEO", "CAROUSEL")
REPLY = ("everyone", "accounts_you_follow", "mentioned_only", "followers_only")


class ThreadsDouble(ContainersDouble):
    make, publish, listing = "threads", "threads_publish", "threads"
    limit, prefix = "threads_publishing_limit", "th"
    scopes = frozenset(
        {
            *("threads_basic", "threads_content_publish", "threads_manage_replies"),
            *("threads_read_replies", "threads_delete", "threads_manage_insights"),
        }
    )
    may = frozenset(
        {
            *("media_type", "text", "image_url", "video_url", "is_carousel_item", "children"),
            *("reply_to_id", "reply_control", "alt_text", "topic_tag", "link_attachment"),
            *("quote_post_id", "allowlisted_country_codes", "location_id"),
        }
    )
    status = frozenset({"id", "status", "error_message"})

    def is_publish(self, request: web.Request) -> bool:
        return request.method == "POST" and request.path.endswith("/threads_publish")

    async def serve(self, method: str, path: list[str], said: dict[str, Any]) -> Any:
        if path == ["oauth", "access_token"]:
            return {"access_token": self.redeem(said, "grant_type"), "user_id": int(ACCOUNT)}
        if path in (["access_token"], ["refresh_access_token"]):
            return await self.keys(path, said)
        self.whose(said)
        if path[0] in ("me", ACCOUNT):
            return self._mine(method, path[1:], said)
        if path[1:] == ["insights"]:
            return self._insights(path[0], said)
        return self._node(method, path[0], said)

    def _insights(self, id: str, said: dict[str, Any]) -> Any:
        """.../documentation/threads/insights; quotes are counted apart from reposts."""
        if id not in self.posts:
            raise self.unknown(id)
        counts = self.counts.get(id, {})
        told = named(counts, impressions="views", likes="likes", replies="replies")
        if "reposts" in counts:
            told |= {"reposts": counts["reposts"] - 1, "quotes": 1}
        return told_as_insights(said, told, {"views", "likes", "replies", "reposts", "quotes"})

    def _mine(self, method: str, edge: list[str], said: dict[str, Any]) -> Any:
        if not edge:
            known = {"id": ACCOUNT, "username": HANDLE, "name": "Metricsaurus"}
            return {name: known[name] for name in wants(said, known)}
        if (method, edge[0]) == ("POST", self.make):
            return self.create(said)
        if (method, edge[0]) == ("POST", self.publish):
            return self.make_public(said)
        if edge[0] == self.limit:
            return {"data": [self._limits(said)]}
        if edge[0] == "threads_insights":
            only(said, {"metric"} | KEYS, {"metric"})
            assert said["metric"] == "followers_count"
            row = {"name": "followers_count", "total_value": {"value": self.followers}}
            return {"data": [] if self.followers is None else [row]}
        only(said, {"fields", "limit", "after", "since", "until"} | KEYS)
        fields = wants(said, ("id", "text", "permalink", "timestamp", "replied_to", "media_type"))
        return self.listed(said, fields, replies=edge[0] == "replies")

    def _limits(self, said: dict[str, Any]) -> dict[str, Any]:
        config, replies = {"quota_total": self.total}, {"quota_total": 1000}
        known = {"quota_usage": self.used, "config": config}
        known |= {"reply_quota_usage": self.replies_used, "reply_config": replies}
        return {name: known[name] for name in wants(said, known)}

    def _node(self, method: str, id: str, said: dict[str, Any]) -> Any:
        if id in self.containers:
            return self.look(id, said)
        if id not in self.posts:
            raise self.unknown(id)
        if method == "DELETE":
            del self.posts[id]
            return {"success": True, "deleted_id": id}
        return self.shown(self.posts[id], wants(said, ("id", "permalink", "text", "timestamp")))

    def check(self, said: dict[str, Any]) -> None:
        kind = said.get("media_type")
        if kind not in KINDS:
            raise No(100, "Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
        if len(said.get("text", "")) > 500:
            raise No(100, "Param text must be at most 500 characters long.")
        if kind == "TEXT" and not said.get("text"):
            raise No(100, "The parameter text is required.")
        if kind == "CAROUSEL":
            self.check_children(said, 20)
        if kind in ("IMAGE", "VIDEO"):
            url = said.get(f"{kind.lower()}_url", "")
            if not url.startswith("https://"):
                raise No(100, f"The parameter {kind.lower()}_url is required.")
        if said.get("reply_control", "everyone") not in REPLY:
            raise No(100, "Param reply_control must be one of its values.")
        if "reply_to_id" in said and said["reply_to_id"] not in self.posts:
            raise self.unknown(said["reply_to_id"])

    def unknown(self, id: str) -> No:
        words = f"The media with id {id} cannot be found."
        return No(24, "The requested resource does not exist", 4_279_009, error_user_msg=words)

    def shown(self, post: Standing, fields: list[str]) -> dict[str, Any]:
        whole: dict[str, Any] = {
            "id": post.id,
            "text": post.text,
            "permalink": f"https://www.threads.net/@{HANDLE}/post/{post.id}",
            "timestamp": stamp(post),
            "media_type": "TEXT_POST",
        }
        if post.reply_to:
            whole["replied_to"] = {"id": post.reply_to}
        return {name: whole[name] for name in {"id", *fields} if name in whole}

    def last(self) -> Container:
        return list(self.containers.values())[-1]
