"""Ghost sites, by their Admin API.

Exactly once: two equal POSTs make two posts (the second slug gets `-2`), but a draft is not public,
and making a draft public twice makes one post. So a draft is put under the slug that was chosen
before the first byte, and the one public request changes that draft's status
(docs.ghost.org/admin-api/posts/publishing-a-post).
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from app import http
from app.networks import (
    Absent,
    Account,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Option,
    Parcel,
    Piece,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.ghost import content, figures, wire
from app.networks.adapters.ghost.wire import Site
from app.networks.asking import LOST, ask
from app.networks.measuring import Measured, each

NO_SITE = "No Ghost answers at that address."
BY_HAND = "a key can't take itself away; in Ghost, remove the integration under Settings"
READERS = (("public", "Everybody"), ("members", "Members"), ("paid", "Paying members"))


class Ghost(Network):
    slug = "ghost"
    name = "Ghost"
    words = "Your own Ghost site, with a title, pictures and tags."
    fields: tuple[Field, ...] = (
        Field("host", "Site", "host", "The API URL of the integration.", "blog.example.org"),
        Field(
            "key",
            "Admin API key",
            "password",
            "Made in Ghost under Settings, Integrations, Add custom integration.",
        ),
    )
    options: tuple[Option, ...] = (
        Option("title", "Title", "text", "Left empty, the first line is the title.", most=255),
        Option("tags", "Tags", "text", "Several are set apart by commas.", most=300),
        Option("visibility", "Who may read it", "choice", choices=READERS, default="public"),
    )
    limits = Limits(
        graphemes=50_000,
        bytes=None,
        images=20,
        image_bytes=5_000_000,
        image_side=2560,
        alt_graphemes=191,
        videos=1,
        video_bytes=50_000_000,
        video_seconds=3600,
    )
    idempotency = Idempotency.EXACT
    tells = figures.TELLS
    measure_batch = figures.BATCH

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        key = answers.get("key", "").strip()
        if not wire.KEY.match(key):
            return Refused("An Admin API key has two parts, with a colon between.", field="key")
        url = f"{wire.clean_host(answers.get('host', ''))}/ghost/api/admin/site/"
        found = await ask(web, "GET", url, redirects=3, headers={"Accept-Version": wire.VERSION})
        if isinstance(found, Refused | Unknown):
            return Refused(found.reason, field="host")
        try:
            account = _account(wire.base_of(found.url), found.json()["site"])
        except (http.Unreadable, KeyError, TypeError):
            return Refused(NO_SITE, field="host")
        grant = Grant({"key": key}, None)
        said = await self.check(web, account, grant)
        if isinstance(said, Refused) and said.reconnect:
            return Refused("The site does not know that key.", field="key")
        return Refused(said.reason, field="host") if said else (account, grant)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        asked = {"limit": "1", "fields": "id"}
        answer = await Site.of(web, account, grant).ask("GET", "posts/", params=asked)
        if isinstance(answer, Refused | Unknown):
            return answer
        return None if answer.status == 200 else Refused(wire.message(answer), permanent=True)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused(BY_HAND)

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        """Files are uploaded; the record is the post but its slug and status."""
        return await content.record(Site.of(web, account, grant), piece)

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        site = Site.of(web, account, grant)
        post = await _stored(site, parcel)
        if post is None:
            body = {"posts": [parcel.record | {"slug": parcel.key, "status": "draft"}]}
            post = await site.read("posts", "POST", "posts/", params={"source": "html"}, json=body)
        if isinstance(post, Refused | Unknown):
            return post
        if post.get("status") == "published":
            return _published(post)
        return await self._make_public(site, parcel, post)

    async def _make_public(
        self, site: Site, parcel: Parcel, draft: dict[str, Any]
    ) -> Published | Refused | Unknown:
        """409 is UpdateCollisionError: somebody changed it since, or made it public already."""
        try:
            # A draft of an earlier try may hold what its author has changed since.
            post = parcel.record | {"status": "published", "updated_at": draft["updated_at"]}
            where, body = f"posts/{draft['id']}/", {"posts": [post]}
            answer = await site.ask("PUT", where, params={"source": "html"}, json=body)
        except KeyError:
            return Unknown(LOST)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status == 409:
            now = await _stored(site, parcel)
            is_public = isinstance(now, dict) and now.get("status") == "published"
            return _published(now) if is_public else Refused("Its draft was changed meanwhile.")
        if answer.status != 200:
            return Refused(f"The site refused it: {wire.message(answer)}", permanent=True)
        try:
            return _published(answer.json()["posts"][0])
        except (http.Unreadable, KeyError, TypeError, IndexError):
            return Unknown(LOST)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        post = await _stored(Site.of(web, account, grant), parcel)
        if post is None or (isinstance(post, dict) and post.get("status") != "published"):
            return Absent()
        return _published(post)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await each(ids, partial(figures.of_one, Site.of(web, account, grant)))

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        answer = await Site.of(web, account, grant).ask("DELETE", f"posts/{external_id}/")
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status in (204, 404):
            return None
        return Refused(f"The site refused it: {wire.message(answer)}", permanent=True)


def _account(host: str, site: dict[str, Any]) -> Account:
    label, uuid = wire.label(site["url"]), site.get("site_uuid") or wire.label(site["url"])
    return Account("ghost", host, uuid, label, site["title"] or label, site["url"])


async def _stored(site: Site, parcel: Parcel) -> dict[str, Any] | Refused | Unknown | None:
    """The post under our slug, whatever its status."""
    found: dict[str, Any] | Refused | Unknown | None = await site.read(
        "posts", "GET", f"posts/slug/{parcel.key}/"
    )
    return found


def _published(post: Any) -> Published | Refused | Unknown:
    if isinstance(post, Refused | Unknown):
        return post
    try:
        return Published(str(post["id"]), post["url"])
    except (KeyError, TypeError):
        return Unknown(LOST)
