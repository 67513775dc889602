"""WordPress sites, by their REST API and an application password.

Exactly once: two equal POSTs make two posts (the second slug gets `-2`), but a draft is not public,
and making a draft public twice makes one post. So a draft is put under the slug that was chosen
before the first byte, and the one public request says `status: publish` of that draft's id
(developer.wordpress.org/rest-api/reference/posts).
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
from app.networks.adapters.wordpress import content, figures, wire
from app.networks.adapters.wordpress.wire import Site
from app.networks.asking import LOST
from app.networks.measuring import Measured, each

NEEDED = ("publish_posts", "upload_files")


class WordPress(Network):
    slug = "wordpress"
    name = "WordPress"
    words = "Your own site, with a title, pictures and tags."
    fields: tuple[Field, ...] = (
        Field("host", "Site", "host", "The address of your site.", "blog.example.org"),
        Field("username", "User name", "text", "The name that you sign in with there."),
        Field(
            "app_password",
            "Application password",
            "password",
            "Made in WordPress under Users, Profile, Application Passwords. Not your own password.",
            "xxxx xxxx xxxx xxxx xxxx xxxx",
        ),
    )
    options: tuple[Option, ...] = (
        Option(
            "title",
            "Title",
            "text",
            "Left empty, the first line is the title.",
            most=200,
            drawn="title",
        ),
        Option("tags", "Tags", "text", "Several are set apart by commas.", most=300),
    )
    limits = Limits(
        graphemes=50_000,
        bytes=None,
        images=20,
        image_bytes=8_000_000,
        image_side=2560,
        alt_graphemes=1000,
        videos=1,
        video_bytes=64_000_000,
        video_seconds=3600,
    )
    idempotency = Idempotency.EXACT
    tells = figures.TELLS
    measure_batch = figures.BATCH

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        found = await wire.discover(web, answers.get("host", ""))
        if isinstance(found, Refused):
            return found
        root, index = found
        user, password = (answers.get(name, "").strip() for name in ("username", "app_password"))
        grant = Grant({"user": user, "password": password}, None)
        me = await Site(web, root, grant).read("GET", "users/me", params={"context": "edit"})
        if isinstance(me, Refused) and me.reconnect:
            return Refused(_unknown_pair(index), field="app_password")
        if isinstance(me, Refused | Unknown):
            return Refused(me.reason, field="host")
        try:
            return _account(root, index, me), grant
        except (KeyError, TypeError, AttributeError):
            return Refused(wire.NO_SITE, field="host")
        except PermissionError:
            return Refused("That person may not publish on the site.", field="username")

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        said = await Site.of(web, account, grant).read("GET", "users/me")
        return said if isinstance(said, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """The application password takes itself away."""
        site, where = Site.of(web, account, grant), "users/me/application-passwords"
        said = await site.read("GET", f"{where}/introspect")
        if isinstance(said, Refused) and said.reconnect:
            return None  # it is not taken any more
        if isinstance(said, Refused | Unknown):
            return said
        gone = await site.read("DELETE", f"{where}/{said['uuid']}")
        return gone if isinstance(gone, Refused | Unknown) else None

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        """Files go to the media library; the record is the post but its slug and status."""
        return await content.record(Site.of(web, account, grant), piece)

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        site = Site.of(web, account, grant)
        post = await _stored(site, parcel)
        if post is None:
            draft = parcel.record | {"slug": parcel.key, "status": "draft"}
            post = await site.read("POST", "posts", json=draft, params={"context": "edit"})
        if isinstance(post, dict) and post.get("status") != "publish":
            # A draft of an earlier try may hold what its author has changed since.
            body = parcel.record | {"status": "publish", "slug": parcel.key}
            post = await site.read("POST", f"posts/{post['id']}", json=body)
        return _published(post)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        post = await _stored(Site.of(web, account, grant), parcel)
        if post is None or (isinstance(post, dict) and post.get("status") != "publish"):
            return Absent()
        return _published(post)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await each(ids, partial(figures.of_one, Site.of(web, account, grant)))

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """For good, past the trash, where others of the site could read it; its files stay in the
        media library."""
        site, force = Site.of(web, account, grant), {"force": "true"}
        answer = await site.ask("DELETE", f"posts/{external_id}", params=force)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status in (200, 404, 410):
            return None
        return Refused(f"The site refused it: {wire.message(answer)}", permanent=True)


def _unknown_pair(index: dict[str, Any]) -> str:
    offered = index.get("authentication") or {}
    if "application-passwords" not in offered:
        return "The site has application passwords switched off; its administrator can allow them."
    return "User name and application password don't belong together there."


def _account(root: str, index: dict[str, Any], me: dict[str, Any]) -> Account:
    if not all(me["capabilities"].get(name) for name in NEEDED):
        raise PermissionError
    home = str(index["home"]).rstrip("/")
    handle = f"{me['slug']}@{wire.label(home)}"
    facts = {"endpoint": root}
    return Account("wordpress", home, str(me["id"]), handle, index["name"] or handle, home, facts)


async def _stored(site: Site, parcel: Parcel) -> dict[str, Any] | Refused | Unknown | None:
    """The post under our slug, whatever its status. Who is not known there may not ask for any
    status and is told so with a 400, before the password is spoken of."""
    asked = {"slug": parcel.key, "status": "any", "context": "edit"}
    found = await site.read("GET", "posts", params=asked)
    if isinstance(found, Refused) and found.permanent:
        me = await site.read("GET", "users/me")
        return me if isinstance(me, Refused | Unknown) else found
    if isinstance(found, Refused | Unknown):
        return found
    try:
        return next((post for post in found if post["slug"] == parcel.key), None)
    except (KeyError, TypeError):
        return Unknown(LOST)


def _published(post: Any) -> Published | Refused | Unknown:
    if isinstance(post, Refused | Unknown):
        return post
    try:
        return Published(str(post["id"]), post["link"])
    except (KeyError, TypeError):
        return Unknown(LOST)
