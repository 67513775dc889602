"""Facebook Pages (developers.facebook.com/docs/pages-api/posts). A post with words, a link or
pictures is one entry of the page's feed; pictures are uploaded before, unpublished. What became of
it is read from the page's own published posts."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from app import http
from app.networks import (
    Absent,
    Account,
    Door,
    Grant,
    Idempotency,
    Limits,
    Offer,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.facebook import figures, pages, posts, video
from app.networks.adapters.meta import Meta
from app.networks.adapters.meta.errors import DUPLICATE, Told
from app.networks.adapters.meta.graph import Graph, Said, read
from app.networks.asking import LOST, ask
from app.networks.measuring import Measured, each
from app.networks.media import JPEG, PNG


class Facebook(Meta):
    slug = "facebook"
    name = "Facebook"
    words = "Pages that you manage: text, links, pictures and videos."
    equal_texts = "Facebook refuses a text that equals the last one of the page (error 506)."
    api = "https://graph.facebook.com"
    version = "v26.0"  # the one whose tables of parameters were read
    window = "https://www.facebook.com/v26.0/dialog/oauth"
    tokens = "https://graph.facebook.com/v26.0/oauth/access_token"
    uploads = "https://graph-video.facebook.com/v26.0"
    by_hand = (
        "Facebook takes keys back only for all your pages at once. Where none is needed any more,"
        " open Settings, Business integrations there and remove AllStac."
    )
    scopes = (
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_posts",
        "pages_manage_engagement",
        "publish_video",
        "read_insights",
    )
    limits = Limits(
        graphemes=63_206,
        bytes=None,
        images=10,
        image_bytes=10_000_000,
        image_side=2048,
        alt_graphemes=1000,
        image_types=(JPEG, PNG),
        videos=1,
        video_bytes=1_750_000_000,
        video_seconds=2700,
        comment=True,
    )
    idempotency = Idempotency.LIST
    tells = figures.TELLS
    tells_audience = True
    measure_batch = figures.BATCH

    def of(self, web: http.Client, grant: Grant) -> Graph:
        secret = grant.app.client_secret if grant.app else ""
        return self.graph(web, grant.secrets["token"], secret)

    async def exchange(self, web: http.Client, door: Door, code: str) -> Said | Refused | Unknown:
        """Facebook wants to be asked for it with GET
        (.../docs/facebook-login/guides/advanced/manual-flow)."""
        assert door.app
        asked = {
            "client_id": door.app.client_id,
            "client_secret": door.app.client_secret,
            "redirect_uri": door.redirect_uri,
            "code": code,
        }
        return read(self.name, await ask(web, "GET", self.at(self.tokens), params=asked))

    async def offers(
        self, web: http.Client, door: Door, short: str
    ) -> tuple[Offer, ...] | Refused | Unknown:
        assert door.app
        lasting = await self.graph(web, short).get(
            "oauth/access_token",
            grant_type="fb_exchange_token",
            client_id=door.app.client_id,
            client_secret=door.app.client_secret,
            fb_exchange_token=short,
        )
        if isinstance(lasting, Refused | Unknown):
            return lasting
        token = str(lasting["access_token"])
        return await pages.managed(self.graph(web, token, door.app.client_secret))

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        graph = self.of(web, grant)
        if piece.is_comment:
            return {"text": piece.text, "comment": True}
        if piece.video:
            url = f"{self.at(self.uploads)}/{account.account_id}/videos"
            return await video.upload(graph, url, piece, so_far)
        photos = so_far.get("photos", [])
        if len(photos) < len(piece.pictures):
            id = await posts.upload(graph, account, piece.pictures[len(photos)])
            return Partly({"photos": [*photos, id]}) if isinstance(id, str) else id
        link = next((s.target for s in self.segments(piece.text) if s.kind == "link"), "")
        link = link if piece.link_card and not photos else ""
        return {"text": piece.text, "photos": photos, "link": link}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Refused | Unknown:
        graph, record = self.of(web, grant), parcel.record
        if "video" in record:
            url = f"{self.at(self.uploads)}/{account.account_id}/videos"
            return await video.finish(graph, url, record)
        if "comment" in record:
            edge = f"{parcel.before[-1].external_id}/comments"
            said = await graph.post(edge, message=record["text"])
        else:
            said = await graph.post(f"{account.account_id}/feed", **_fields(record))
        if isinstance(said, Told) and said.trouble and said.trouble.code == DUPLICATE:
            return await self._twin(web, account, grant, parcel, said)
        return said if isinstance(said, Refused | Unknown) else await _published(graph, said)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Absent | Refused | Unknown:
        graph = self.of(web, grant)
        if "video" in parcel.record:
            return await video.find(graph, account, parcel)
        if "comment" in parcel.record:
            return await posts.comment(graph, account, parcel)
        return await posts.post(graph, account, parcel)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await each(ids, partial(figures.of_one, self.of(web, grant), account))

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        return await figures.audience(self.of(web, grant), account)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        said = await self.of(web, grant).delete(external_id)
        if isinstance(said, Told) and said.is_gone:
            return None
        return said if isinstance(said, Refused | Unknown) else None

    async def _twin(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel, no: Told
    ) -> Published | Processing | Refused | Unknown:
        """The words stand there already: ours from before, or somebody else's."""
        found = await self.find(web, account, grant, parcel)
        return no if isinstance(found, Absent) else found


def _fields(record: Said) -> dict[str, str]:
    made = {"message": record["text"]} if record["text"] else {}
    if record["photos"]:
        made["attached_media"] = json.dumps([{"media_fbid": id} for id in record["photos"]])
    return made | ({"link": record["link"]} if record["link"] else {})


async def _published(graph: Graph, said: Said) -> Published | Unknown:
    """With its address; a post whose address can't be read now is up all the same."""
    id = str(said.get("id") or "")
    if not id:
        return Unknown(LOST)
    more = await graph.get(id, fields="permalink_url")
    url = str(more.get("permalink_url") or "") if isinstance(more, dict) else ""
    return Published(id, url or f"https://www.facebook.com/{id}")
