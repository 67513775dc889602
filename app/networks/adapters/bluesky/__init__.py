"""Bluesky and any other AT Protocol server. Exactly once: the record key is chosen before the first
byte, and `putRecord` with `swapRecord: null` writes it at most once
(docs.bsky.app/docs/api/com-atproto-repo-put-record)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app import http
from app.networks import (
    Absent,
    Account,
    App,
    Away,
    Door,
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
    Way,
    tid,
)
from app.networks.adapters.bluesky import figures, oauth, questions, record, wire
from app.networks.adapters.bluesky.wire import Repo
from app.networks.asking import LOST, ask
from app.networks.measuring import Measured

POSTS = "app.bsky.feed.post"
VIDEO_BYTES = 100_000_000  # and three minutes: what Bluesky plays; a server may take less


class Bluesky(Network):
    slug = "bluesky"
    name = "Bluesky"
    words = "Any Bluesky or AT Protocol server."
    ways = (Way.AWAY, Way.FORM)
    api = "https://plc.directory"  # where identities are looked up; accounts live on their hosts
    registers = True
    moves = True
    scopes = oauth.SCOPES
    fields = questions.TYPED
    limits = Limits(
        graphemes=300,
        bytes=3000,
        images=4,
        image_bytes=1_000_000,
        image_side=2000,
        alt_graphemes=2000,
        videos=1,
        video_bytes=VIDEO_BYTES,
        video_seconds=180,
        thread=25,
        comment=True,
    )
    idempotency = Idempotency.EXACT
    tells = figures.TELLS
    tells_audience = True
    measure_batch = figures.BATCH

    def new_key(self, seed: int, at: datetime) -> str:
        return tid.of_row(seed, at)

    def questions(self, way: Way) -> tuple[Field, ...]:
        return questions.AWAY if way is Way.AWAY else questions.TYPED

    def known_at(self, host: str) -> str:
        return ""  # one document and one key for all servers

    async def register(self, web: http.Client, host: str, door: Door) -> App | Refused:
        return oauth.new_app(door.base_url)

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        return await oauth.begin(web, self.api, answers, door)

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        return await oauth.finish(web, self.api, door, kept, said)

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        handle = wire.clean_handle(answers.get("handle", ""))
        host = wire.clean_host(answers.get("host", ""))
        if not wire.HANDLE.match(handle):
            return Refused("A handle looks like you.bsky.social.", field="handle")
        password = answers.get("app_password", "").strip()
        sign_in = {"identifier": handle, "password": password}
        answer = await ask(web, "POST", wire.url(host, "server.createSession"), json=sign_in)
        if isinstance(answer, Refused | Unknown):
            return Refused(answer.reason, field="host")
        if answer.status == 401:
            return Refused(
                "Handle and app password don't belong together there.", field="app_password"
            )
        try:
            said = answer.json()
            return wire.account(host, said), wire.grant(said)
        except (http.Unreadable, KeyError, TypeError):
            return Refused("That server does not speak Bluesky's language.", field="host")

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        if oauth.is_of(grant):
            return await oauth.refresh(web, grant)
        answer = await Repo(web, account, grant).renew("server.refreshSession")
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status in (400, 401, 403):
            return Refused(
                "The app password was revoked or has run out. Connect the channel again.",
                reconnect=True,
            )
        try:
            return wire.grant(answer.json())
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        answer = await Repo(web, account, grant).ask("GET", "server.getSession")
        if isinstance(answer, Refused) and answer.stale_token:
            if oauth.is_of(grant):  # whoever refreshes has to keep what comes of it
                return oauth.TAKEN_BACK
            renewed = await self.refresh(web, account, grant)
            return renewed if isinstance(renewed, Refused | Unknown) else None
        return answer if isinstance(answer, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        if oauth.is_of(grant):
            return await oauth.revoke(web, grant)
        answer = await Repo(web, account, grant).renew("server.deleteSession")
        return answer if isinstance(answer, Refused | Unknown) else None

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        """The whole post record but its time, which comes with the key."""
        repo = Repo(web, account, grant)
        made: dict[str, Any] = {"$type": POSTS, "text": piece.text}
        if facets := await record.facets(repo, piece.text):
            made["facets"] = facets
        embed = await record.embed(repo, piece)
        if isinstance(embed, Refused | Unknown):
            return embed
        return made | ({"embed": embed} if embed else {})

    async def facts(self, web: http.Client, account: Account, grant: Grant) -> dict[str, Any]:
        """Its server says how large a file may be (com.atproto.server.describeServer)."""
        known = dict(account.facts)
        answer = await ask(web, "GET", wire.url(account.host, "server.describeServer"))
        try:
            if isinstance(answer, http.Answer) and answer.status == 200:
                known["video_bytes"] = min(VIDEO_BYTES, int(answer.json()["blobUploadLimit"]))
        except (http.Unreadable, KeyError, TypeError, ValueError):
            return known  # it does not say
        return known

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        body = {
            "repo": account.account_id,
            "collection": POSTS,
            "rkey": parcel.key,
            "swapRecord": None,
            "record": parcel.record | {"createdAt": wire.stamp(parcel.at)} | _reply(parcel),
        }
        answer = await Repo(web, account, grant).ask("POST", "repo.putRecord", json=body)
        if isinstance(answer, Refused | Unknown):
            return answer
        if wire.error(answer) == "InvalidSwap":
            return await self._compare(Repo(web, account, grant), parcel)
        if answer.status != 200:
            return Refused(f"{self.name} refused it: {wire.message(answer)}", permanent=True)
        try:
            return wire.published(account, answer.json())
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        said = await self._read(Repo(web, account, grant), parcel.key)
        return wire.published(account, said) if isinstance(said, dict) else said

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await figures.measure(Repo(web, account, grant), ids)

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        return await figures.audience(Repo(web, account, grant))

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        key = external_id.rsplit("/", 1)[-1]
        body = {"repo": account.account_id, "collection": POSTS, "rkey": key}
        answer = await Repo(web, account, grant).ask("POST", "repo.deleteRecord", json=body)
        return answer if isinstance(answer, Refused | Unknown) else None

    async def _compare(self, repo: Repo, parcel: Parcel) -> Published | Refused | Unknown:
        """Something stands under our key already: ours is a success, another's is not."""
        said = await self._read(repo, parcel.key)
        if isinstance(said, Absent):
            return Unknown(LOST)
        if isinstance(said, Refused | Unknown):
            return said
        if said.get("value", {}).get("text") == parcel.record["text"]:
            return wire.published(repo.account, said)
        return Refused("An earlier version of this post is on the network already.", permanent=True)

    async def _read(self, repo: Repo, key: str) -> dict[str, Any] | Absent | Refused | Unknown:
        where = {"repo": repo.account.account_id, "collection": POSTS, "rkey": key}
        answer = await repo.ask("GET", "repo.getRecord", params=where)
        if isinstance(answer, Refused | Unknown):
            return answer
        if wire.error(answer) == "RecordNotFound":
            return Absent()
        try:
            said = answer.json()
            return said if answer.status == 200 and said["uri"] else Unknown(LOST)
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)


def _reply(parcel: Parcel) -> dict[str, Any]:
    """Where it hangs in its thread: both ends by address and hash (app.bsky.feed.post#replyRef)."""
    if not parcel.before:
        return {}
    ends = {"root": parcel.before[0], "parent": parcel.before[-1]}
    return {"reply": {end: {"uri": p.external_id, "cid": p.ref} for end, p in ends.items()}}
