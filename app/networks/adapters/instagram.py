"""Instagram, professional accounts, by the Instagram API with Instagram login
(developers.facebook.com/docs/instagram-platform/content-publishing)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from app import http
from app.networks import (
    Absent,
    Account,
    Figures,
    Grant,
    Limits,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.meta.containers import Containers
from app.networks.adapters.meta.errors import Told
from app.networks.adapters.meta.graph import Graph, Said, same
from app.networks.adapters.meta.insights import BATCH, allowed, counts
from app.networks.adapters.meta.keys import Edges
from app.networks.asking import LOST
from app.networks.figures import whole
from app.networks.measuring import Measured, each
from app.networks.media import JPEG

SITE = "https://www.instagram.com"
METRICS = "views,reach,saved,shares"
NO_DELETE = "Instagram lets only its own app delete a post. Open the post there to delete it."


class Instagram(Containers):
    slug = "instagram"
    name = "Instagram"
    words = "Professional accounts: pictures, carousels and reels."
    api = "https://graph.instagram.com"
    version = "v26.0"  # the one whose tables of parameters were read
    window = "https://www.instagram.com/oauth/authorize"
    tokens = "https://api.instagram.com/oauth/access_token"
    by_hand = (
        "Instagram has no call for it. In its app, under Settings, Website permissions, Apps and"
        " websites, remove AllStac."
    )
    scopes = (
        "instagram_business_basic",
        "instagram_business_content_publish",
        "instagram_business_manage_comments",
        "instagram_business_manage_insights",
    )
    limits = Limits(
        graphemes=2200,
        bytes=None,
        images=10,
        image_bytes=8_000_000,
        image_side=1440,
        alt_graphemes=1000,
        image_types=(JPEG,),
        videos=1,
        mixed=True,
        video_bytes=300_000_000,
        video_seconds=900,
        needs_media=True,
        comment=True,
    )
    tells = frozenset(
        {"impressions", "reach", "likes", "replies", "reposts", "saves", "follows", "video_views"}
    )
    tells_audience = True
    measure_batch = BATCH
    edges = Edges(
        make="media",
        publish="media_publish",
        list="media",
        quota="content_publishing_limit",
        status="status_code",
        text="caption",
        read="id,caption,permalink,timestamp",
        grant="ig",
    )

    async def whose(self, graph: Graph) -> Account | Refused | Unknown:
        """`user_id` names the professional account; `id` names it for our app alone, and callbacks
        about people know only that one."""
        said = await graph.get("me", fields="id,user_id,username,name,account_type")
        if isinstance(said, Refused | Unknown):
            return said
        id, handle = str(said.get("user_id") or said["id"]), str(said["username"])
        name, url = str(said.get("name") or handle), f"{SITE}/{handle}/"
        facts = {"parent": str(said["id"]), "kind": str(said.get("account_type", ""))}
        return Account(self.slug, SITE, id, handle, name, url, facts)

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        if piece.is_comment:
            return {"text": piece.text, "comment": account.handle}
        return await super().prepare(web, account, grant, piece, at, so_far)

    def media(self, piece: Piece) -> list[dict[str, str]] | Refused:
        """A picture has no type here, and only a picture has an alt text."""
        made = super().media(piece)
        if isinstance(made, Refused):
            return made
        for one in made:
            one.pop("media_type" if one["media_type"] == "IMAGE" else "alt_text", None)
        return made

    def filled(
        self, piece: Piece, media: list[dict[str, str]], so_far: dict[str, Any]
    ) -> dict[str, str]:
        """A video alone is a reel."""
        if len(media) > 1:
            children = ",".join(so_far["children"])
            return {"media_type": "CAROUSEL", "children": children, "caption": piece.text}
        fields = media[0] | {"caption": piece.text}
        if fields.pop("media_type", "") == "VIDEO":
            return fields | {"media_type": "REELS", "share_to_feed": "true"}
        return fields

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Refused | Unknown:
        if "comment" not in parcel.record:
            return await super().publish(web, account, grant, parcel)
        under, words = parcel.before[-1], parcel.record["text"]
        said = await self.of(web, grant).post(f"{under.external_id}/comments", message=words)
        if isinstance(said, Refused | Unknown):
            return said
        return Published(str(said["id"]), under.url) if said.get("id") else Unknown(LOST)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Absent | Refused | Unknown:
        """A comment has no container: it is looked for under its post."""
        if "comment" not in parcel.record:
            return await super().find(web, account, grant, parcel)
        edge, url = f"{parcel.before[-1].external_id}/comments", parcel.before[-1].url
        graph = self.of(web, grant)
        found = await self.listed(graph, parcel, edge, newest_first=False)
        return Published(found.external_id, url) if isinstance(found, Published) else found

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """Comments can be deleted, posts can't; "not there" is the answer for both kinds of no."""
        said = await self.of(web, grant).delete(external_id)
        if not (isinstance(said, Told) and said.permanent):
            return said if isinstance(said, Refused | Unknown) else None
        there = await self.of(web, grant).get(external_id, fields="id")
        if isinstance(there, Told) and there.is_gone:
            return None
        return Refused(NO_DELETE, permanent=True) if isinstance(there, dict) else there

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await each(ids, partial(_figures, self.of(web, grant)))

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        said = await self.of(web, grant).get("me", fields="followers_count")
        return whole(said.get("followers_count")) if isinstance(said, dict) else said

    def fields_of(self, edge: str) -> str:
        return "id,text,timestamp,user,username" if edge.endswith("/comments") else self.edges.read

    def fits(self, row: Said, parcel: Parcel) -> bool:
        """`user` is told of the account's own comments only (.../reference/ig-comment)."""
        if "comment" not in parcel.record:
            return super().fits(row, parcel)
        is_own = bool(row.get("user")) or row.get("username") == parcel.record["comment"]
        return is_own and same(str(row.get("text", "")), parcel.record["text"])


async def _figures(graph: Graph, id: str) -> Figures | Absent | Refused | Unknown:
    """Likes and comments stand in the media object; the rest are insights, which differ by kind
    (.../instagram-platform/reference/instagram-media/insights). Views took the place of impressions."""
    said = await counts(graph, id, "like_count,comments_count,media_product_type")
    if not isinstance(said, dict):
        return said
    is_reel = said.get("media_product_type") == "REELS"
    more = await allowed(graph, id, METRICS if is_reel else f"{METRICS},follows")
    if not isinstance(more, dict):
        return more
    return Figures(
        impressions=more.get("views"),
        reach=more.get("reach"),
        likes=whole(said.get("like_count")),
        replies=whole(said.get("comments_count")),
        reposts=more.get("shares"),
        saves=more.get("saved"),
        follows=more.get("follows"),
        video_views=more.get("views") if is_reel else None,
    )
