"""Instagram and Threads publish in two steps: a container is made and filled, then made public
(developers.facebook.com/docs/instagram-platform/content-publishing, .../docs/threads/posts). The
container's id is known before anything is public, and tells for a day what became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Grant,
    Idempotency,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.meta import named
from app.networks.adapters.meta.errors import Told
from app.networks.adapters.meta.graph import SLACK, Graph, Said, rows, same
from app.networks.adapters.meta.keys import LongLived
from app.networks.asking import LOST

QUOTA_FOR = timedelta(hours=1)
LOOK = 30.0  # seconds to the next look at what is being worked on
NO_URL = "can fetch media only from an address on the internet, and this instance gave none."
WORKING = "It is being made public right now."
UNLISTED = "It is published; the network does not list it yet."
READY, OUT, WORKS = "FINISHED", "PUBLISHED", "IN_PROGRESS"


class Containers(LongLived):
    idempotency = Idempotency.HANDLE

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        """In stretches: the parts of a carousel, the container, and waiting until it is ready."""
        graph, media = self.of(web, grant), self.media(piece)
        if isinstance(media, Refused):
            return media
        if container := so_far.get("container"):
            waiting = await self.wait_for(graph, container, so_far)
            made_at = so_far["made_at"]
            return waiting or {"text": piece.text, "container": container, "made_at": made_at}
        if not so_far and (full := await self.quota(graph, piece)):
            return full
        if len(media) > 1:
            waiting = await self.children(graph, media, so_far)
            if waiting is not None:
                return waiting
        fields = self.filled(piece, media, so_far)
        if hangs(piece):
            return {"text": piece.text, "reply": fields}
        made = await self.make(graph, fields)
        if not isinstance(made, str):
            return made
        return Partly(so_far | {"container": made, "made_at": clock.now().isoformat()})

    def filled(
        self, piece: Piece, media: list[dict[str, str]], so_far: dict[str, Any]
    ) -> dict[str, str]:
        """Of the container that will be public."""
        raise NotImplementedError

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Refused | Unknown:
        graph = self.of(web, grant)
        made = await self.make_public(graph, parcel.record["container"], parcel)
        return named(made, account)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Absent | Refused | Unknown:
        found = await self.became(self.of(web, grant), parcel.record["container"], parcel)
        return named(found, account)

    async def quota(self, graph: Graph, piece: Piece) -> Refused | Unknown | None:
        """How many more may be published by apps within 24 hours; none left is a wait. Replies on
        Threads have a quota of their own."""
        prefix = "reply_" if hangs(piece) else ""
        usage, config = f"{prefix}quota_usage", f"{prefix}config"
        said = await graph.get(f"me/{self.edges.quota}", fields=f"{usage},{config}")
        if isinstance(said, Refused | Unknown):
            return said
        for row in rows(said):
            total = row.get(config, {}).get("quota_total")
            if isinstance(total, int) and row.get(usage, 0) >= total:
                words = (
                    f"{self.name} takes {total} posts by apps in 24 hours, and they are used up."
                )
                return Refused(words, retry_at=clock.now() + QUOTA_FOR)
        return None

    def media(self, piece: Piece) -> list[dict[str, str]] | Refused:
        """The fields of a container for each picture, then for the video."""
        made = []
        for picture in piece.pictures:
            alt = {"alt_text": picture.alt} if picture.alt else {}
            made.append({"media_type": "IMAGE", "image_url": picture.url} | alt)
        if piece.video:
            alt = {"alt_text": piece.video.alt} if piece.video.alt else {}
            made.append({"media_type": "VIDEO", "video_url": piece.video.url} | alt)
        if not all(one.get("image_url") or one.get("video_url") for one in made):
            return Refused(f"{self.name} {NO_URL}", permanent=True)
        return made

    async def children(
        self, graph: Graph, media: list[dict[str, str]], so_far: dict[str, Any]
    ) -> Partly | Refused | Unknown | None:
        """One container for each part of a carousel, one stretch each, until all are ready."""
        made = so_far.get("children", [])
        if len(made) < len(media):
            fields = media[len(made)] | {"is_carousel_item": "true"}
            id = await self.make(graph, fields)
            return Partly(so_far | {"children": [*made, id]}) if isinstance(id, str) else id
        for id in made:
            waiting = await self.wait_for(graph, id, so_far)
            if waiting is not None:
                return waiting
        return None

    async def make(self, graph: Graph, fields: Mapping[str, str]) -> str | Refused | Unknown:
        said = await graph.post(f"me/{self.edges.make}", **fields)
        if isinstance(said, Refused | Unknown):
            return said
        return str(said["id"]) if said.get("id") else Unknown(LOST)

    async def wait_for(
        self, graph: Graph, container: str, so_far: dict[str, Any]
    ) -> Partly | Refused | Unknown | None:
        """None when it is ready to be made public."""
        said = await self.state(graph, container)
        if isinstance(said, Refused | Unknown):
            return said
        status = said.get(self.edges.status)
        if status == WORKS:
            return Partly(so_far, clock.now() + timedelta(seconds=LOOK))
        return None if status == READY else self._failed(said)

    async def state(self, graph: Graph, container: str) -> Said | Refused | Unknown:
        return await graph.get(container, fields=f"id,{self.edges.status},{self._reason}")

    @property
    def _reason(self) -> str:
        return "error_message" if self.edges.status == "status" else "status"

    def _failed(self, said: Said) -> Refused:
        if said.get(self.edges.status) != "ERROR":
            return Refused(f"{self.name} has given up what was prepared.", prepare_again=True)
        told = str(said.get(self._reason) or "no reason")[:300].replace("_", " ")
        return Refused(f"{self.name} could not use the media: {told}.", permanent=True)

    async def make_public(self, graph: Graph, container: str, parcel: Parcel) -> Any:
        """The one request; a no is looked at again, for the container may be out already."""
        said = await graph.post(f"me/{self.edges.publish}", creation_id=container)
        if isinstance(said, Told) and not (said.reconnect or said.is_busy):
            return await self._why(graph, container, parcel, said)
        if isinstance(said, Refused | Unknown):
            return said
        return await self.published(graph, str(said["id"])) if said.get("id") else Unknown(LOST)

    async def _why(self, graph: Graph, container: str, parcel: Parcel, no: Told) -> Any:
        state = await self.state(graph, container)
        status = state.get(self.edges.status) if isinstance(state, dict) else ""
        if status in ("EXPIRED", "ERROR"):
            words = f"{self.name} has given up what was prepared."
            return Refused(words, prepare_again=True)
        if status in (READY, WORKS):
            return no
        found = await self.became(graph, container, parcel)
        return no if isinstance(found, Absent) else found

    async def became(
        self, graph: Graph, container: str, parcel: Parcel
    ) -> Published | Processing | Absent | Refused | Unknown:
        """What the container says. One that is not known any more, or that was made after the first
        try and so can't speak for it, is not enough: then the list is looked through. So it is for one
        that ran out, since another may have been made in its place."""
        said = await self.state(graph, container)
        if isinstance(said, Told) and not (said.reconnect or said.is_busy):
            return await self.listed(graph, parcel, f"me/{self.edges.list}")
        if isinstance(said, Refused | Unknown):
            return said
        status = said.get(self.edges.status)
        if status == WORKS:
            return Processing(container, WORKING)
        if status not in (OUT, "EXPIRED") and clock.parse(parcel.record["made_at"]) <= parcel.at:
            return Absent()
        found = await self.listed(graph, parcel, f"me/{self.edges.list}")
        if isinstance(found, Absent) and status == OUT:
            return Processing(container, UNLISTED)
        return found

    async def listed(
        self, graph: Graph, parcel: Parcel, edge: str, *, newest_first: bool = True
    ) -> Published | Absent | Refused | Unknown:
        """The oldest of the recent ones that says this and belongs to no other of ours."""
        since, fields = parcel.at - SLACK, self.fields_of(edge)
        found = await graph.recent(edge, since, newest_first=newest_first, fields=fields)
        if isinstance(found, Refused | Unknown):
            return found
        for row in sorted(found, key=lambda row: str(row.get("timestamp"))):
            if str(row.get("id")) not in parcel.taken and self.fits(row, parcel):
                return Published(str(row["id"]), str(row.get("permalink") or ""))
        return Absent()

    def fields_of(self, edge: str) -> str:
        """What is read of what an edge lists."""
        return self.edges.read

    def fits(self, row: Said, parcel: Parcel) -> bool:
        """Is this the post? The container has said that it is out, so its words are enough."""
        return same(str(row.get(self.edges.text, "")), parcel.record["text"])

    async def published(self, graph: Graph, id: str) -> Published:
        """With its address; a post whose address can't be read now is up all the same."""
        said = await graph.get(id, fields="id,permalink")
        return Published(id, str(said.get("permalink", "")) if isinstance(said, dict) else "")

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        said = await self.of(web, grant).delete(external_id)
        if isinstance(said, Told) and said.is_gone:
            return None
        return said if isinstance(said, Refused | Unknown) else None


def hangs(piece: Piece) -> bool:
    """Under a post that has to be up before."""
    return piece.place > 0 or piece.is_comment
