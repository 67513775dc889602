"""The two steps that the doubles of Instagram and Threads share, and their faults."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from app import clock
from tests.servers.doubles import Standing
from tests.servers.doubles.meta import (
    DAYS_60,
    KEYS,
    SECRET,
    MetaDouble,
    No,
    is_a_day_old,
    newest_first,
    only,
    page,
    wants,
)


@dataclass
class Container:
    id: str
    fields: dict[str, Any]
    state: str = "FINISHED"
    works: int = 0  # looks that still say IN_PROGRESS
    post: Standing | None = None


class ContainersDouble(MetaDouble):
    """`states`: of the next containers, "ERROR", "EXPIRED", "LOST"; `works`: looks that every new
    container answers with IN_PROGRESS; `publishing`: the same after it was published, while the
    post is not listed; `unlisted`: looks at lists that don't show a post that is out."""

    make: str
    publish: str
    listing: str
    limit: str
    prefix: str
    may: frozenset[str]
    status: frozenset[str]

    def __init__(self) -> None:
        self.containers: dict[str, Container] = {}
        self.states: deque[str] = deque()
        self.works = self.publishing = self.unlisted = 0
        self.total, self.used, self.replies_used = 250, 0, 0
        super().__init__()

    async def keys(self, path: list[str], said: dict[str, Any]) -> Any:
        """Long tokens for short ones, and new ones for those that are a day old."""
        grant, kind = said.get("grant_type"), path[-1]
        token = self.whose(said)
        if kind == "access_token":
            only(said, {"grant_type", "client_secret", "access_token"})
            if grant != f"{self.prefix}_exchange_token" or said["client_secret"] != SECRET:
                raise No(101, "Error validating application.")
            if token.is_long:
                raise No(100, "Only a short-lived token can be exchanged.")
        else:
            only(said, {"grant_type", "access_token"})
            if grant != f"{self.prefix}_refresh_token" or not token.is_long:
                raise No(100, "Invalid grant_type.")
            if not is_a_day_old(token):
                raise No(100, "The token is not yet 24 hours old.")
        made = self.new_token(token.owner)
        return {"access_token": made, "token_type": "bearer", "expires_in": DAYS_60}

    def create(self, said: dict[str, Any]) -> Any:
        only(said, set(self.may) | KEYS)
        self.check(said)
        made = Container(next(self.ids), said, works=self.works)
        made.state = self.states.popleft() if self.states else "FINISHED"
        self.containers[made.id] = made
        return {"id": made.id}

    def check(self, said: dict[str, Any]) -> None:
        """Raises No for a container that can't be made."""
        raise NotImplementedError

    def check_children(self, said: dict[str, Any], most: int) -> None:
        children = said["children"].split(",")
        if not 2 <= len(children) <= most:
            raise No(100, f"Carousels hold 2 to {most} items.", 2_207_028)
        for id in children:
            child = self.containers.get(id)
            if child is None or child.fields.get("is_carousel_item") != "true":
                raise No(100, f"Invalid child {id}")
            if self._state(child) != "FINISHED":
                raise No(9007, "Media ID is not available", 2_207_027)

    def make_public(self, said: dict[str, Any]) -> Any:
        only(said, {"creation_id"} | KEYS, {"creation_id"})
        found = self.containers.get(said["creation_id"])
        if found is None or found.state == "LOST":
            raise self.unknown(said["creation_id"])
        if found.state == "EXPIRED":
            raise No(-2, "The media you are trying to access has expired.", 2_207_020)
        if found.state != "FINISHED" or found.works > 0:
            raise No(9007, "Media ID is not available", 2_207_027)
        if self.used >= self.total:
            raise No(9, "You reached maximum number of posts", 2_207_042)
        return {"id": self._publish(found).id}

    def unknown(self, id: str) -> No:
        raise NotImplementedError

    def _publish(self, found: Container) -> Standing:
        said = found.fields
        children = said.get("children", "")
        media = children.split(",") if children else []
        alone = said.get("image_url") or said.get("video_url")
        text = str(said.get("caption") or said.get("text") or "")
        more = {"at": clock.now(), "fields": said, "container": found}
        media = media or ([alone] if alone else [])
        reply_to = str(said.get("reply_to_id", ""))
        post = Standing(next(self.ids), text, "me", reply_to, media, more)
        self.posts[post.id], found.post = post, post
        found.state, found.works = "PUBLISHED", self.publishing
        self.used += 1
        return post

    def look(self, id: str, said: dict[str, Any]) -> Any:
        """A container, as far as it is known."""
        found = self.containers[id]
        if found.state == "LOST":
            raise self.unknown(id)
        fields = wants(said, self.status)
        state = self._state(found)
        found.works = max(0, found.works - 1)
        answer = {"id": id, fields[1]: state}
        if state == "ERROR":
            answer[fields[-1]] = "FAILED_PROCESSING_VIDEO"
        return answer

    def _state(self, found: Container) -> str:
        return "IN_PROGRESS" if found.works > 0 else found.state

    def listed(self, said: dict[str, Any], fields: list[str], replies: bool = False) -> Any:
        """The account's own, newest first."""
        if self.unlisted > 0:
            self.unlisted -= 1
            return {"data": []}
        own = [
            post
            for post in newest_first(self.posts.values())
            if post.more.get("container")
            and post.more["container"].works == 0
            and bool(post.reply_to) is replies
        ]
        return page(said, [self.shown(post, fields) for post in own])

    def shown(self, post: Standing, fields: list[str]) -> dict[str, Any]:
        raise NotImplementedError
