"""A double of Facebook's Graph API for pages. From developers.facebook.com/docs/pages-api/posts,
.../docs/graph-api/reference/page/feed, page/photos, page/videos, object/comments, .../docs/video-api/
reference/error-codes, .../docs/facebook-login/guides/advanced/manual-flow, read on 2026-11-25."""

import json
from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Standing, named
from tests.servers.doubles.meta import (
    CLIENT,
    DAYS_60,
    KEYS,
    SECRET,
    MetaDouble,
    No,
    newest_first,
    only,
    page,
    stamp,
    told_as_insights,
    wants,
)

PERSON, PAGE, OTHER = "10223344556677", "1755847768034402", "163003840417682"
GONE = "Unsupported request. Object with ID '{}' does not exist"
FEED = {"message", "link", "attached_media", "published", "scheduled_publish_time", "place"}
PHOTO = {"source", "url", "published", "alt_text_custom", "caption", "temporary"}
POST = ("id", "message", "created_time", "permalink_url", "attachments")
COUNTED = ("reactions.limit(0).summary(total_count)", "comments.limit(0).summary(total_count)")


class FacebookDouble(MetaDouble):
    """`same_refused`: the same words twice in a row are a duplicate. `stretch`: bytes that it asks
    for at once; `works`: looks at a video that is finished and not ready yet."""

    proven = True
    scopes = frozenset(
        {
            *("pages_show_list", "pages_read_engagement", "pages_read_user_content"),
            *("pages_manage_posts", "pages_manage_engagement", "publish_video", "read_insights"),
        }
    )

    def __init__(self) -> None:
        self.pages = {PAGE: "Metricsaurus", OTHER: "Second page"}
        self.tasks = {PAGE: ["CREATE_CONTENT", "MANAGE"], OTHER: ["CREATE_CONTENT"]}
        self.photos: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.same_refused, self.stretch, self.works, self.page_size = False, 1000, 0, 100
        self.lets_see = True  # was `read_insights` given?
        super().__init__()
        self.tokens["token-1"].owner = PAGE

    def is_publish(self, request: web.Request) -> bool:
        if request.method != "POST":
            return False
        is_finish = b"upload_phase=finish" in self.seen[-1].body
        return is_finish or request.path.endswith(("/feed", "/comments"))

    async def serve(self, method: str, path: list[str], said: dict[str, Any]) -> Any:
        if path == ["oauth", "access_token"]:
            return self._keys(said)
        owner = self.whose(said).owner
        if path[0] == "me":
            return self._mine(owner, path[1:], said)
        if path[0] in self.pages and not path[1:]:
            wants(said, ("followers_count",))
            return {} if self.followers is None else {"followers_count": self.followers}
        if path[0] in self.pages and path[1:]:
            if owner != path[0]:
                raise No(200, "(#200) The user hasn't authorized the application")
            return self._edge(method, owner, path[1], said)
        return self._node(method, owner, path[0], path[1:], said)

    def _keys(self, said: dict[str, Any]) -> Any:
        if "code" in said:
            token, seconds = self.redeem(said), 5000
        else:
            needed = {"grant_type", "client_id", "client_secret", "fb_exchange_token"}
            only(said, needed | KEYS, needed)
            known = self.tokens.get(said["fb_exchange_token"])
            if (said["client_id"], said["client_secret"]) != (CLIENT, SECRET) or known is None:
                raise No(1, "Error validating client secret.")
            token, seconds = self.new_token("me"), DAYS_60
        return {"access_token": token, "token_type": "bearer", "expires_in": seconds}

    def _mine(self, owner: str, edge: list[str], said: dict[str, Any]) -> Any:
        if edge != ["accounts"]:
            return {"id": PERSON if owner == "me" else owner}
        fields = wants(said, ("id", "name", "username", "link", "tasks", "access_token"))
        lasting = self.tokens[said["access_token"]].is_long
        found = [
            {
                "id": id,
                "name": name,
                "link": f"https://www.facebook.com/{id}",
                "tasks": self.tasks[id],
                "access_token": self.new_token(id, lasting),
            }
            for id, name in self.pages.items()
        ]
        limit = {"limit": str(min(int(said.get("limit", 25)), self.page_size))}
        return page(said | limit, [{n: one[n] for n in fields if n in one} for one in found])

    def _edge(self, method: str, owner: str, edge: str, said: dict[str, Any]) -> Any:
        if (method, edge) == ("POST", "feed"):
            return self._post(owner, said)
        if (method, edge) == ("POST", "photos"):
            only(said, PHOTO | KEYS)
            id = next(self.ids)
            self.photos[id] = said
            return {"id": id}
        if edge == "videos":
            return self._video(owner, said) if method == "POST" else self._videos(owner, said)
        if edge != "published_posts":
            raise No(2500, f"Unknown path components: /{edge}")
        only(said, {"fields", "limit", "after"} | KEYS)
        fields = wants(said, POST)
        own = [post for post in self.posts.values() if post.account == owner and not post.reply_to]
        return page(said, [self._shown(post, fields) for post in newest_first(own)])

    def _post(self, owner: str, said: dict[str, Any]) -> Any:
        only(said, FEED | KEYS)
        text = said.get("message", "")
        media = [one["media_fbid"] for one in json.loads(said.get("attached_media", "[]"))]
        for id in media:
            if id not in self.photos or self.photos[id].get("published") != "false":
                raise No(100, "Invalid parameter: attached_media")
        own = newest_first(post for post in self.posts.values() if not post.reply_to)
        if self.same_refused and own and own[0].text == text:
            raise No(506, "Duplicate status message")
        if not (text or media or said.get("link")):
            raise No(100, "(#100) Missing message or attachment", 0)
        id, more = f"{owner}_{next(self.ids)}", {"at": clock.now(), "link": said.get("link", "")}
        self.posts[id] = Standing(id, text, owner, "", media, more)
        return {"id": id}

    def _video(self, owner: str, said: dict[str, Any]) -> Any:
        phase = said.get("upload_phase")
        if phase == "start":
            only(said, {"upload_phase", "file_size"} | KEYS, {"file_size"})
            id = next(self.ids)
            size = int(said["file_size"])
            self.videos[id] = {"body": b"", "size": size, "session": next(self.ids), "works": 0}
            session = {"video_id": id, "upload_session_id": self.videos[id]["session"]}
            return session | self._offsets(self.videos[id])
        named = [v for v in self.videos.items() if v[1]["session"] == said["upload_session_id"]]
        if not named:
            raise No(100, "Invalid upload session", 33)
        (id, video), *_ = named
        if phase == "transfer":
            needed = {"upload_phase", "upload_session_id", "start_offset", "video_file_chunk"}
            only(said, needed | KEYS, needed)
            if int(said["start_offset"]) != len(video["body"]):
                offsets = self._offsets(video)
                raise No(6000, "There was a problem uploading", 1_363_037, error_data=offsets)
            video["body"] += said["video_file_chunk"]
            return self._offsets(video)
        may = {"upload_phase", "upload_session_id", "description", "title", "published"}
        only(said, may | KEYS)
        if phase != "finish" or len(video["body"]) != video["size"]:
            raise No(6000, "The video is not whole.", 1_363_033)
        more = {"at": clock.now(), "video": True}
        self.posts[id] = Standing(id, said.get("description", ""), owner, "", [id], more)
        video["works"] = self.works
        return {"success": True}

    def _videos(self, owner: str, said: dict[str, Any]) -> Any:
        """Those that were finished; what is not ready is not public yet."""
        only(said, {"fields", "limit", "after"} | KEYS)
        fields = wants(said, ("id", "description", "created_time", "permalink_url", "published"))
        own = [p for p in self.posts.values() if p.account == owner and p.more.get("video")]
        shown = [
            {
                "id": post.id,
                "description": post.text,
                "created_time": stamp(post),
                "permalink_url": f"/{PAGE}/videos/{post.id}/",
                "published": self.videos.get(post.id, {}).get("works", 0) == 0,
            }
            for post in newest_first(own)
        ]
        return page(said, [{name: one[name] for name in {"id", *fields}} for one in shown])

    def _offsets(self, video: dict[str, Any]) -> dict[str, str]:
        start = len(video["body"])
        end = min(start + self.stretch, video["size"])
        return {"start_offset": str(start), "end_offset": str(end)}

    def _node(self, method: str, owner: str, id: str, edge: list[str], said: dict[str, Any]) -> Any:
        post = self.posts.get(id) or self.posts.get(id.partition("_")[2])
        if id in self.videos and method == "GET":
            return self._status(id, said)
        if post is None:
            raise No(100, GONE.format(id), 33)
        if edge == ["comments"]:
            return self._comments(method, owner, post, said)
        if edge == ["insights"]:
            return self._insights(post, said)
        if "reactions" in said.get("fields", ""):
            return self._counted(self.counts.get(post.id, {}), said)
        if method == "DELETE":
            del self.posts[id]
            return {"success": True}
        return self._shown(post, wants(said, POST))

    def _insights(self, post: Standing, said: dict[str, Any]) -> Any:
        """.../docs/platforminsights/page, without what was deprecated in 2025 and 2026."""
        if not self.lets_see:
            raise No(200, "(#200) Missing Permissions")
        may = {"post_media_view", "post_total_media_view_unique", "post_clicks", "post_video_views"}
        counts = self.counts.get(post.id, {})
        told = named(counts, impressions="post_media_view", clicks="post_clicks")
        told |= named(counts, reach="post_total_media_view_unique", video_views="post_video_views")
        return told_as_insights(said, told, may)

    def _counted(self, counts: dict[str, int], said: dict[str, Any]) -> Any:
        """`shares` is left out where there are none (.../docs/graph-api/reference/post)."""
        assert set(said["fields"].split(",")) == {*COUNTED, "shares"}, said["fields"]
        edges = named(counts, likes="reactions", replies="comments")
        told: dict[str, Any] = {
            edge: {"data": [], "summary": {"total_count": count}} for edge, count in edges.items()
        }
        return told | ({"shares": {"count": counts["reposts"]}} if "reposts" in counts else {})

    def _status(self, id: str, said: dict[str, Any]) -> Any:
        wants(said, ("id", "status", "published", "permalink_url"))
        video, is_up = self.videos[id], id in self.posts
        works, video["works"] = video["works"], max(0, video["works"] - 1)
        ready = is_up and works == 0
        status: dict[str, Any] = {"video_status": "ready" if ready else "processing"}
        status |= {"uploading_phase": {"status": "complete" if is_up else "in_progress"}}
        status |= {"publishing_phase": {"status": "complete" if ready else "not_started"}}
        if video.get("broken") and is_up:
            status["video_status"] = "error"
        where = f"/{PAGE}/videos/{id}/"
        return {"id": id, "status": status, "published": ready, "permalink_url": where}

    def _comments(self, method: str, owner: str, under: Standing, said: dict[str, Any]) -> Any:
        if method == "POST":
            only(said, {"message"} | KEYS, {"message"})
            id, more = f"{under.id}_{next(self.ids)}", {"at": clock.now()}
            self.posts[id] = Standing(id, said["message"], owner, under.id, [], more)
            return {"id": id}
        only(said, {"fields", "limit", "after", "order", "filter"} | KEYS)
        fields = wants(said, ("id", "message", "created_time", "permalink_url", "from"))
        own = [post for post in self.posts.values() if post.reply_to == under.id]
        return page(said, [self._shown(post, fields) for post in newest_first(own)])

    def _shown(self, post: Standing, fields: list[str]) -> dict[str, Any]:
        photo = {"media_type": "photo"}
        album = {"media_type": "album", "subattachments": {"data": [photo] * len(post.media)}}
        kinds = [album] if len(post.media) > 1 else [photo] * len(post.media)
        kinds = [{"media_type": "share"}] if post.more.get("link") else kinds
        whole: dict[str, Any] = {
            "id": post.id,
            "message": post.text,
            "created_time": stamp(post),
            "permalink_url": f"https://www.facebook.com/{post.id}",
            "from": {"id": post.account},
            "attachments": {"data": kinds},
        }
        return {name: whole[name] for name in {"id", *fields}}
