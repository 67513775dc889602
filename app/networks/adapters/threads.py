"""Threads (developers.facebook.com/docs/threads). Replies are containers too, but one that names its
parent can be made only once the parent is up: it is made in `publish`, before its one public
request, and found again in the list of the account's replies."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import regex

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Figures,
    Grant,
    Limits,
    Option,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.meta import named
from app.networks.adapters.meta.containers import LOOK, Containers, hangs
from app.networks.adapters.meta.graph import Graph, Said, same
from app.networks.adapters.meta.insights import BATCH, insights, of_account
from app.networks.adapters.meta.keys import Edges
from app.networks.figures import added
from app.networks.measuring import Measured, each
from app.networks.media import JPEG, PNG
from app.networks.text import GRAPHEME, size
from app.networks.words import Count

EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3")
LOOKS = 4  # at a reply's container, `pause` seconds apart
NO_VIDEO = "On Threads a video can stand only in the first post of a thread."
NOT_YET = "Threads is still working on the reply."
SITE = "https://www.threads.net"
REPLIES = "me/replies"
METRICS = "views,likes,replies,reposts,quotes"


class Threads(Containers):
    slug = "threads"
    name = "Threads"
    words = "Text, pictures, videos and whole threads."
    api = "https://graph.threads.net"
    version = "v1.0"
    window = "https://threads.net/oauth/authorize"
    tokens = "https://graph.threads.net/oauth/access_token"
    by_hand = (
        "Threads has no call for it. In its app, under Settings, Account, Website permissions,"
        " remove AllStac."
    )
    pause = 1.5
    scopes = (
        "threads_basic",
        "threads_content_publish",
        "threads_manage_replies",
        "threads_read_replies",
        "threads_delete",
        "threads_manage_insights",
    )
    options = (
        Option(
            "reply_control",
            "Who can reply",
            "choice",
            choices=(
                ("", "Everyone"),
                ("accounts_you_follow", "Profiles you follow"),
                ("mentioned_only", "Only who is mentioned"),
                ("followers_only", "Your followers"),
            ),
        ),
        Option("topic_tag", "Topic", "text", "One topic, without full stops or &.", most=50),
    )
    limits = Limits(
        graphemes=500,
        bytes=None,
        images=20,
        image_bytes=8_000_000,
        image_side=1440,
        alt_graphemes=1000,
        image_types=(JPEG, PNG),
        videos=1,
        mixed=True,
        video_bytes=1_000_000_000,
        video_seconds=300,
        thread=25,
        comment=True,
    )
    tells = frozenset({"impressions", "likes", "replies", "reposts"})
    tells_audience = True
    measure_batch = BATCH
    edges = Edges(
        make="threads",
        publish="threads_publish",
        list="threads",
        quota="threads_publishing_limit",
        status="status",
        text="text",
        read="id,text,permalink,timestamp",
        grant="th",
    )

    def count(self, words: str, limits: Limits | None = None) -> Count:
        """Characters, but an emoji counts as its bytes (.../docs/threads/posts)."""
        used = sum(
            size(found) if EMOJI.search(found) else len(found) for found in GRAPHEME.findall(words)
        )
        most = (limits or self.limits).graphemes
        if used <= most:
            return Count(used, most)
        return Count(used, most, f"{self.name} allows {most} characters; this counts as {used}.")

    async def whose(self, graph: Graph) -> Account | Refused | Unknown:
        said = await graph.get("me", fields="id,username,name")
        if isinstance(said, Refused | Unknown):
            return said
        id, handle = str(said["id"]), str(said["username"])
        name, url = str(said.get("name") or handle), f"{SITE}/@{handle}"
        return Account(self.slug, SITE, id, handle, name, url, {"parent": id})

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        if piece.video and hangs(piece):
            return Refused(NO_VIDEO, permanent=True)
        return await super().prepare(web, account, grant, piece, at, so_far)

    def filled(
        self, piece: Piece, media: list[dict[str, str]], so_far: dict[str, Any]
    ) -> dict[str, str]:
        asked = {name: piece.options.get(name, "") for name in ("reply_control", "topic_tag")}
        said = {name: value for name, value in asked.items() if value and not hangs(piece)}
        if piece.text:
            said["text"] = piece.text
        if len(media) > 1:
            return said | {"media_type": "CAROUSEL", "children": ",".join(so_far["children"])}
        return said | (media[0] if media else {"media_type": "TEXT"})

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Refused | Unknown:
        if "reply" not in parcel.record:
            return await super().publish(web, account, grant, parcel)
        graph = self.of(web, grant)
        container = await self._reply(graph, parcel)
        if isinstance(container, Refused):
            return container
        return named(await self.make_public(graph, container, parcel), account)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Absent | Refused | Unknown:
        if "reply" not in parcel.record:
            return await super().find(web, account, grant, parcel)
        return named(await self.listed(self.of(web, grant), parcel, REPLIES), account)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await each(ids, partial(_figures, self.of(web, grant)))

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        graph, asked = self.of(web, grant), {"metric": "followers_count"}
        said = await graph.get("me/threads_insights", **asked)
        return of_account(said, "followers_count")

    def fields_of(self, edge: str) -> str:
        return f"{self.edges.read},replied_to" if edge == REPLIES else self.edges.read

    def fits(self, row: Said, parcel: Parcel) -> bool:
        if "reply" in parcel.record:
            under = row.get("replied_to")
            parent = str(under.get("id")) if isinstance(under, dict) else ""
            if parent != parcel.before[-1].external_id:
                return False
        return same(str(row.get("text", "")), parcel.record["text"])

    async def _reply(self, graph: Graph, parcel: Parcel) -> str | Refused:
        """A container under its parent, ready. Nothing of it is public, so not knowing what became
        of it is a definite no."""
        under = {"reply_to_id": parcel.before[-1].external_id}
        made = await self.make(graph, parcel.record["reply"] | under)
        for _ in range(LOOKS):
            if not isinstance(made, str):
                return made if isinstance(made, Refused) else Refused(made.reason, not_sent=True)
            waiting = await self.wait_for(graph, made, {})
            if waiting is None:
                return made
            if not isinstance(waiting, Partly):
                made = waiting
                continue
            await asyncio.sleep(self.pause)
        return Refused(NOT_YET, retry_at=clock.now() + timedelta(seconds=LOOK))


async def _figures(graph: Graph, id: str) -> Figures | Absent | Refused | Unknown:
    """.../documentation/threads/insights; `views` are times shown or played."""
    said = await insights(graph, id, METRICS)
    if not isinstance(said, dict):
        return said
    reposts = added(said.get("reposts"), said.get("quotes"))
    return Figures(
        impressions=said.get("views"),
        likes=said.get("likes"),
        replies=said.get("replies"),
        reposts=reposts,
    )
