"""The sandbox network: a wall inside this instance, reached over HTTP like any other network."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app import http
from app.networks import (
    Absent,
    Account,
    Figures,
    Grant,
    Idempotency,
    Limits,
    Network,
    Parcel,
    Piece,
    Published,
    Refused,
    Unknown,
    Way,
    tid,
)
from app.networks.asking import LOST, ask, told
from app.networks.figures import whole

DEAD = Refused("The sandbox wall is gone or its key was replaced.", reconnect=True)


class Sandbox(Network):
    slug = "sandbox"
    name = "Sandbox"
    words = "A wall inside this instance. Nothing leaves it; good for a first try."
    ways = (Way.HERE,)
    limits = Limits(
        graphemes=500,
        bytes=None,
        images=4,
        image_bytes=2_000_000,
        image_side=2000,
        alt_graphemes=1000,
        thread=10,
    )
    idempotency = Idempotency.EXACT
    tells = frozenset({"likes"})
    measure_batch = 50

    def new_key(self, seed: int, at: datetime) -> str:
        return tid.of_row(seed, at)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        answer = await self._ask(web, account, grant, "GET", "")
        return answer if isinstance(answer, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return None  # the key's hash is replaced when the wall is put up again

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        pictures = []
        for picture in piece.pictures:
            headers = {"Content-Type": picture.type}
            answer = await self._ask(
                web, account, grant, "POST", "/media", body=picture.body, headers=headers
            )
            if isinstance(answer, Refused | Unknown):
                return answer
            pictures.append({"id": answer.json()["id"], "alt": picture.alt})
        link = next((s for s in self.segments(piece.text) if s.kind == "link"), None)
        card = {"title": link.text, "url": link.target} if link and not pictures else None
        return {"text": piece.text, "pictures": pictures, "card": card}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        record = parcel.record | {"created_at": parcel.at.isoformat()}
        path = f"/posts/{parcel.key}"
        return _published(await self._ask(web, account, grant, "PUT", path, json=record))

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        answer = await self._ask(web, account, grant, "GET", f"/posts/{parcel.key}")
        if isinstance(answer, http.Answer) and answer.status == 404:
            return Absent()
        return _published(answer)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        answer = await self._ask(web, account, grant, "DELETE", f"/posts/{external_id}")
        if isinstance(answer, http.Answer) and answer.status == 409:
            return Refused("The sandbox keeps it: a legal hold names it.", permanent=True)
        return answer if isinstance(answer, Refused | Unknown) else None

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> dict[str, Figures | Absent] | Refused | Unknown:
        asked = {"of": ",".join(ids)}
        said = told(await self._ask(web, account, grant, "GET", "/figures", params=asked), _refusal)
        if isinstance(said, Refused | Unknown):
            return said
        return {id: Figures(likes=whole(said[id])) if id in said else Absent() for id in ids}

    async def _ask(
        self, web: http.Client, account: Account, grant: Grant, method: str, path: str, **what: Any
    ) -> http.Answer | Refused | Unknown:
        url = f"{account.host}/sandbox/api/walls/{account.account_id}{path}"
        headers = {"Authorization": f"Bearer {grant.secrets['token']}"} | what.pop("headers", {})
        answer = await ask(web, method, url, headers=headers, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            return DEAD
        return answer


def _published(answer: http.Answer | Refused | Unknown) -> Published | Refused | Unknown:
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status != 200:
        return _refusal(answer)
    try:
        said = answer.json()
        return Published(said["id"], said["url"])
    except (http.Unreadable, KeyError, TypeError):
        return Unknown(LOST)


def _refusal(answer: http.Answer) -> Refused:
    return Refused(f"The sandbox refused this ({answer.status}).", permanent=True)
