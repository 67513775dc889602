"""Mastodon and servers that speak its API: snac, GoToSocial, Pleroma, Akkoma, Pixelfed and others
(docs.joinmastodon.org). They differ: some forget the idempotency key, some can't delete. So the key
is sent and the account's own posts are read back; and nothing is ever scheduled at the server."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app import clock, http
from app.networks import (
    Absent,
    Account,
    App,
    Away,
    Count,
    Door,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Parcel,
    Partly,
    Piece,
    Published,
    Refused,
    Unknown,
    Way,
    oauth,
    text,
)
from app.networks.adapters.mastodon import choices, counting, figures, joining, reading, uploading
from app.networks.adapters.mastodon.instance import look_at
from app.networks.adapters.mastodon.wire import DEAD, Server, message, published
from app.networks.measuring import Measured, each

FRESH = timedelta(hours=20)  # servers throw away what is attached to nothing after a day
BY_HAND = "Take AllStac away there: Preferences, Account, Authorized apps."


class Mastodon(Network):
    slug = "mastodon"
    name = "Mastodon"
    words = "Any Mastodon server, and others that speak its language."
    ways = (Way.AWAY,)
    registers = True
    scopes = ("read:accounts", "read:statuses", "write:statuses", "write:media")
    fields = (
        Field(
            "host",
            "Server",
            "host",
            "Where your account lives. A handle such as you@mastodon.social does as well.",
            "mastodon.social",
        ),
    )
    options = choices.OPTIONS
    limits = Limits(
        graphemes=500,
        bytes=None,
        images=4,
        image_bytes=16 * 1024 * 1024,
        image_side=3840,
        alt_graphemes=1500,
        videos=1,
        video_bytes=99 * 1024 * 1024,
        thread=25,
        comment=True,
        link_characters=23,
    )
    idempotency = Idempotency.KEY
    tells = figures.TELLS
    tells_audience = True
    measure_batch = figures.BATCH

    def limits_of(self, account: Account, options: Mapping[str, str] | None = None) -> Limits:
        most = super().limits_of(account)
        warned = text.graphemes(choices.warning(options or {}))
        return replace(most, graphemes=max(0, most.graphemes - warned))

    def count(self, words: str, limits: Limits | None = None) -> Count:
        most = limits or self.limits
        used = counting.characters(words, most.link_characters)
        if used <= most.graphemes:
            return Count(used, most.graphemes)
        problem = f"There is room for {most.graphemes} characters; this is {used}."
        return Count(used, most.graphemes, problem)

    async def register(self, web: http.Client, host: str, door: Door) -> App | Refused:
        return await joining.register(web, host, door, self.scopes)

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        return await joining.begin(web, answers.get("host", ""), door, self.scopes)

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        return await joining.finish(web, door, kept, said, self.scopes)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        path = "/api/v1/accounts/verify_credentials"
        answer = await Server(web, account, grant).ask("GET", path)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status in (400, 422):  # how Takahe and snac say that a key is unknown
            return DEAD
        if answer.status != 200:
            return Refused(f"The server does not let us in: {message(answer)}")
        return None

    async def facts(self, web: http.Client, account: Account, grant: Grant) -> dict[str, Any]:
        instance = await look_at(web, account.host)
        return dict(account.facts) | (instance.facts if instance else {})

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        app = App(grant.secrets["client_id"], grant.secrets["client_secret"])
        url = f"{account.host}/oauth/revoke"
        answer = await oauth.revoke(web, url, app, grant.secrets["token"])
        if isinstance(answer, Refused):
            return replace(answer, reason=f"{answer.reason} {BY_HAND}")
        return answer

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        """The request as it will be sent, and since when its media wait at the server."""
        if piece.pictures and piece.video:
            reason = "Mastodon takes pictures or a video in one post, not both."
            return Refused(reason, permanent=True)
        ids = await uploading.upload(Server(web, account, grant), piece, so_far)
        if not isinstance(ids, list):
            return ids
        status = {"status": piece.text} | choices.body(piece.options)
        if ids:
            status["media_ids"] = ids
        return {"status": status, "uploaded_at": clock.now().isoformat()}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        server, body = Server(web, account, grant), dict(parcel.record["status"])
        uploaded_at = datetime.fromisoformat(parcel.record["uploaded_at"])
        if "media_ids" in body and clock.now() - uploaded_at > FRESH:
            return uploading.GONE
        if parcel.before:
            body["in_reply_to_id"] = parcel.before[-1].external_id
        key = {"Idempotency-Key": parcel.key}
        answer = await server.ask("POST", "/api/v1/statuses", json=body, headers=key)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status == 422 and "media_ids" in body:
            return await self._why_not(server, parcel, answer)
        if answer.status != 200:
            return Refused(f"The server refused it: {message(answer)}", permanent=True)
        return published(answer)

    async def _why_not(
        self, server: Server, parcel: Parcel, answer: http.Answer
    ) -> Published | Refused | Unknown:
        """Media that are not ready, are gone, or hang on a post already: then it may be this one,
        sent by a try that we know nothing of."""
        soon = clock.now() + uploading.LOOK_AGAIN
        for id in parcel.record["status"]["media_ids"]:
            state = await uploading.look(server, id)
            if state is False:
                return Refused("The server still works on the media.", retry_at=soon)
            if isinstance(state, Unknown):
                return Refused(state.reason, retry_at=soon)
            if isinstance(state, Refused) and state.prepare_again:
                found = await reading.find(server, parcel)
                return state if isinstance(found, Absent) else found
            if isinstance(state, Refused):
                return state
        return Refused(f"The server refused it: {message(answer)}", permanent=True)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        return await reading.find(Server(web, account, grant), parcel)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        server = Server(web, account, grant)
        return await each(ids, partial(figures.of_one, server))

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        return await figures.audience(Server(web, account, grant))

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """404 says that it is gone, or that the server knows no deleting: then it still stands."""
        server, path = Server(web, account, grant), f"/api/v1/statuses/{external_id}"
        answer = await server.ask("DELETE", path)
        if isinstance(answer, http.Answer) and answer.status in (404, 405):
            answer = await server.ask("GET", path)
            if isinstance(answer, http.Answer) and answer.status in (404, 410):
                return None
            if isinstance(answer, http.Answer):
                reason = "This server lets no app delete posts. Delete it there by hand."
                return Refused(reason, permanent=True)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status != 200:
            return Refused(f"The server keeps it: {message(answer)}", permanent=True)
        return None
