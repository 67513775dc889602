"""Rooms on Matrix. Every event goes out under a transaction id that was chosen before the first
byte: the same id from the same device makes the same event, whatever the body says
(spec.matrix.org/v1.11/client-server-api, 5.9 "Transaction identifiers").

Synapse forgets these ids after a day, so the key also stands in each event, as a field of our own,
and is found by that for ever. A post with files is several events; publishing again puts those that
are missing, and only when all are there is it published. One of which the server refuses the rest is a
person's: under its key other words would be taken for the ones that stand.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Parcel,
    Piece,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.matrix import content, figures, reading, session, wire
from app.networks.adapters.matrix.wire import Home
from app.networks.asking import LOST
from app.networks.measuring import Measured, each

REMEMBERED = timedelta(hours=20)  # less than the day for which transaction ids are known
PARTLY = "Some of it stands in the room, but not all. {} Delete it there, or leave it as it is."
HALF = "The words are in the room, but not all of the files, and it is too late to add them."


class Matrix(Network):
    slug = "matrix"
    name = "Matrix"
    words = "A room on any Matrix server."
    fields: tuple[Field, ...] = (
        Field("room", "Room", "text", "Its address or id.", "#garden:example.org"),
        Field("username", "Your name there", "text", "", "@you:example.org", False),
        Field(
            "password",
            "Password",
            "password",
            "Sent once, to your server, and not kept. It makes a device of its own, which is signed"
            " out when you disconnect.",
            required=False,
        ),
        Field(
            "access_token",
            "Access token",
            "password",
            "Instead of a password, where your server signs in elsewhere. Disconnecting signs its"
            " device out.",
            required=False,
        ),
        Field(
            "host",
            "Server",
            "host",
            "Leave it when your name says it.",
            "example.org",
            False,
        ),
    )
    limits = Limits(
        graphemes=20_000,
        bytes=50_000,
        images=10,
        image_bytes=10_000_000,
        image_side=4000,
        alt_graphemes=1500,
        videos=1,
        video_bytes=50_000_000,
        video_seconds=3600,
        thread=25,
        comment=True,
    )
    idempotency = Idempotency.KEY
    tells = figures.TELLS
    measure_batch = figures.BATCH

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        return await session.open_room(web, answers)

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        """The device stays the same, and with it the transactions that it is known by."""
        token = grant.secrets.get("refresh")
        if not token:
            return Refused(wire.DEAD, reconnect=True)
        body = {"refresh_token": token}
        said = await Home(web, account.host).read("POST", "client/v3/refresh", json=body)
        if isinstance(said, Refused) and (said.permanent or said.stale_token):
            return Refused(wire.DEAD, reconnect=True)
        if isinstance(said, Refused | Unknown):
            return said
        if "access_token" not in said:
            return Unknown(LOST)
        return wire.grant({"refresh_token": token} | said)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        said = await Home.of(web, account, grant).read("GET", "client/v3/account/whoami")
        if isinstance(said, Refused) and said.stale_token:
            renewed = await self.refresh(web, account, grant)
            return renewed if isinstance(renewed, Refused | Unknown) else None
        return said if isinstance(said, Refused | Unknown) else None

    async def facts(self, web: http.Client, account: Account, grant: Grant) -> dict[str, Any]:
        return {**account.facts} | await session.sizes(Home.of(web, account, grant))

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """Sign the device out; its keys are worthless then, the refresh token too."""
        said = await Home.of(web, account, grant).ask("POST", "client/v3/logout", json={})
        if isinstance(said, Refused) and said.stale_token:
            renewed = await self.refresh(web, account, grant)
            if isinstance(renewed, Refused | Unknown):
                return None if isinstance(renewed, Refused) and renewed.reconnect else renewed
            said = await Home.of(web, account, renewed).ask("POST", "client/v3/logout", json={})
        if isinstance(said, Refused) and said.reconnect:
            return None  # signed out already
        return said if isinstance(said, Refused | Unknown) else None

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        made = await content.events(Home.of(web, account, grant), piece)
        return {"events": made} if isinstance(made, list) else made

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        home = Home.of(web, account, grant)
        ids: list[str] = []
        for part, event in enumerate(parcel.record["events"]):
            where = f"send/m.room.message/{quote(f'{parcel.key}.{part}', safe='')}"
            body = content.placed(event, part, parcel)
            said = await home.read("PUT", wire.room_path(_room(account), where), json=body)
            if isinstance(said, Refused) and ids:
                return _broken_off(said)
            if isinstance(said, Refused | Unknown):
                return said
            if "event_id" not in said:
                return Unknown(LOST)
            ids.append(str(said["event_id"]))
        return _published(account, ids)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        home, wanted = Home.of(web, account, grant), len(parcel.record["events"])
        found = await reading.parts(home, _person(account), _room(account), parcel)
        if isinstance(found, Refused | Unknown):
            return found
        if len(found) == wanted:
            return _published(account, [found[part] for part in range(wanted)])
        if found and clock.now() - parcel.at > REMEMBERED:
            return Refused(HALF, permanent=True)
        return Absent()

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        home = Home.of(web, account, grant)
        return await each(ids, partial(figures.of_one, home, _room(account)))

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """Redact every event of it; a redaction is an event of its own and may be sent again."""
        home = Home.of(web, account, grant)
        for event in external_id.split():
            where = f"redact/{quote(event, safe='')}/{quote(f'redact-{event}', safe='')}"
            answer = await home.ask("PUT", wire.room_path(_room(account), where), json={})
            if isinstance(answer, Refused | Unknown):
                return answer
            if answer.status not in (200, 404):
                return Refused(f"The server refused it: {wire.message(answer)}", permanent=True)
        return None


def _broken_off(no: Refused) -> Refused | Unknown:
    """What may still be completed is as open as a lost reply: until then nobody edits it."""
    if no.permanent or no.reconnect:
        return replace(no, reason=PARTLY.format(no.reason), partly=True)
    return Unknown(no.reason)


def _person(account: Account) -> str:
    return account.account_id.partition(" ")[0]


def _room(account: Account) -> str:
    return account.account_id.partition(" ")[2]


def _published(account: Account, ids: list[str]) -> Published:
    """The id holds those of all its events; a reply names the first."""
    link = f"https://matrix.to/#/{quote(_room(account))}/{quote(ids[0])}"
    return Published(" ".join(ids), link, ids[0])
