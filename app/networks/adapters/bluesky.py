"""Bluesky and any other AT Protocol server. Exactly once: the record key is chosen before the first
byte, and `putRecord` with `swapRecord: null` writes it at most once
(docs.bsky.app/docs/api/com-atproto-repo-put-record)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import regex

from app import http
from app.networks import (
    Absent,
    Account,
    Count,
    Draft,
    Field,
    Grant,
    Idempotency,
    Limits,
    Parcel,
    Published,
    Refused,
    Segment,
    Unknown,
    text,
    tid,
)
from app.networks.asking import LOST, ask
from app.networks.link_card import look_up

POSTS = "app.bsky.feed.post"
HANDLE = regex.compile(
    r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$"
)


class Bluesky:
    slug = "bluesky"
    name = "Bluesky"
    fields: tuple[Field, ...] = (
        Field(
            "handle",
            "Handle",
            "text",
            "Your name there, such as you.bsky.social.",
            "you.bsky.social",
        ),
        Field(
            "app_password",
            "App password",
            "password",
            "Made in Bluesky under Settings, Privacy and security, App passwords. Not your own"
            " password.",
            "xxxx-xxxx-xxxx-xxxx",
        ),
        Field(
            "host",
            "Server",
            "host",
            "Leave it unless your account lives elsewhere.",
            "bsky.social",
            False,
        ),
    )
    limits = Limits(
        graphemes=300,
        bytes=3000,
        images=4,
        image_bytes=1_000_000,
        image_side=2000,
        alt_graphemes=2000,
    )
    idempotency = Idempotency.EXACT

    def new_key(self, seed: int, at: datetime) -> str:
        return tid.make(at, seed)

    def count(self, words: str) -> Count:
        return text.count(words, self.name, self.limits.graphemes, self.limits.bytes)

    def segments(self, words: str) -> list[Segment]:
        return text.segments(words)

    async def connect(
        self, web: http.Client, answers: dict[str, str]
    ) -> tuple[Account, Grant] | Refused:
        handle, host = clean_handle(answers.get("handle", "")), clean_host(answers.get("host", ""))
        if not HANDLE.match(handle):
            return Refused("A handle looks like you.bsky.social.", field="handle")
        password = answers.get("app_password", "").strip()
        sign_in = {"identifier": handle, "password": password}
        answer = await ask(web, "POST", _url(host, "server.createSession"), json=sign_in)
        if isinstance(answer, Refused | Unknown):
            return Refused(answer.reason, field="host")
        if answer.status == 401:
            return Refused(
                "Handle and app password don't belong together there.", field="app_password"
            )
        try:
            said = answer.json()
            return _account(host, said), _grant(said)
        except (http.Unreadable, KeyError, TypeError):
            return Refused("That server does not speak Bluesky's language.", field="host")

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        headers = {"Authorization": f"Bearer {grant.secrets['refresh']}"}
        answer = await ask(
            web, "POST", _url(account.host, "server.refreshSession"), headers=headers
        )
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status in (400, 401, 403):
            return Refused(
                "The app password was revoked or has run out. Connect the channel again.",
                reconnect=True,
            )
        try:
            return _grant(answer.json())
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        answer = await self._ask(web, account, grant, "GET", "server.getSession")
        if isinstance(answer, Refused) and answer.stale_token:
            renewed = await self.refresh(web, account, grant)
            return renewed if isinstance(renewed, Refused | Unknown) else None
        return answer if isinstance(answer, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        headers = {"Authorization": f"Bearer {grant.secrets['refresh']}"}
        answer = await ask(web, "POST", _url(account.host, "server.deleteSession"), headers=headers)
        return answer if isinstance(answer, Refused | Unknown) else None

    async def prepare(
        self, web: http.Client, account: Account, grant: Grant, draft: Draft, at: datetime
    ) -> dict[str, Any] | Refused | Unknown:
        """The whole post record but its time, which comes with the key."""
        record: dict[str, Any] = {"$type": POSTS, "text": draft.text}
        facets = await self._facets(web, account, draft.text)
        if facets:
            record["facets"] = facets
        embed = await self._embed(web, account, grant, draft)
        if isinstance(embed, Refused | Unknown):
            return embed
        return record | ({"embed": embed} if embed else {})

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        body = {
            "repo": account.account_id,
            "collection": POSTS,
            "rkey": parcel.key,
            "swapRecord": None,
            "record": parcel.record | {"createdAt": _stamp(parcel.at)},
        }
        answer = await self._ask(web, account, grant, "POST", "repo.putRecord", json=body)
        if isinstance(answer, Refused | Unknown):
            return answer
        if _error(answer) == "InvalidSwap":
            return await self._compare(web, account, grant, parcel)
        if answer.status != 200:
            return Refused(f"{self.name} refused it: {_message(answer)}", permanent=True)
        try:
            return _published(account, answer.json()["uri"])
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        said = await self._read(web, account, grant, parcel.key)
        return _published(account, said["uri"]) if isinstance(said, dict) else said

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        key = external_id.rsplit("/", 1)[-1]
        body = {"repo": account.account_id, "collection": POSTS, "rkey": key}
        answer = await self._ask(web, account, grant, "POST", "repo.deleteRecord", json=body)
        return answer if isinstance(answer, Refused | Unknown) else None

    async def _compare(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        """Something stands under our key already: ours is a success, another's is not."""
        said = await self._read(web, account, grant, parcel.key)
        if isinstance(said, Absent):
            return Unknown(LOST)
        if isinstance(said, Refused | Unknown):
            return said
        value = said.get("value", {})
        if (value.get("text"), value.get("createdAt")) == (
            parcel.record["text"],
            _stamp(parcel.at),
        ):
            return _published(account, said["uri"])
        return Refused("An earlier version of this post is on the network already.", permanent=True)

    async def _read(
        self, web: http.Client, account: Account, grant: Grant, key: str
    ) -> dict[str, Any] | Absent | Refused | Unknown:
        where = {"repo": account.account_id, "collection": POSTS, "rkey": key}
        answer = await self._ask(web, account, grant, "GET", "repo.getRecord", params=where)
        if isinstance(answer, Refused | Unknown):
            return answer
        if _error(answer) == "RecordNotFound":
            return Absent()
        try:
            said = answer.json()
            return said if answer.status == 200 and said["uri"] else Unknown(LOST)
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def _facets(self, web: http.Client, account: Account, words: str) -> list[dict[str, Any]]:
        facets = []
        for found in text.find(words):
            feature = await self._feature(web, account, found)
            if feature:
                start, end = text.byte_span(words, found.start, found.end)
                index = {"byteStart": start, "byteEnd": end}
                facets.append({"index": index, "features": [feature]})
        return facets

    async def _feature(
        self, web: http.Client, account: Account, found: text.Found
    ) -> dict[str, str] | None:
        kind = "app.bsky.richtext.facet#"
        if found.kind == "link":
            return {"$type": kind + "link", "uri": found.target}
        if found.kind == "tag":
            return {"$type": kind + "tag", "tag": found.target}
        where = {"handle": found.target}
        answer = await ask(web, "GET", _url(account.host, "identity.resolveHandle"), params=where)
        try:
            if isinstance(answer, http.Answer) and answer.status == 200:
                return {"$type": kind + "mention", "did": answer.json()["did"]}
        except (http.Unreadable, KeyError, TypeError):
            return None
        return None  # nobody of that name: it stays plain text

    async def _embed(
        self, web: http.Client, account: Account, grant: Grant, draft: Draft
    ) -> dict[str, Any] | Refused | Unknown | None:
        images = []
        for picture in draft.pictures:
            blob = await self._upload(web, account, grant, picture.body, picture.type)
            if isinstance(blob, Refused | Unknown):
                return blob
            ratio = {"width": picture.width, "height": picture.height}
            images.append({"alt": picture.alt, "image": blob, "aspectRatio": ratio})
        if images:
            return {"$type": "app.bsky.embed.images", "images": images}
        link = next((f for f in text.find(draft.text) if f.kind == "link"), None)
        if not (link and draft.link_card):
            return None
        card = await look_up(web, link.target)
        if card is None:
            return None
        external = {"uri": link.target, "title": card.title, "description": card.description}
        return {"$type": "app.bsky.embed.external", "external": external}

    async def _upload(
        self, web: http.Client, account: Account, grant: Grant, body: bytes, type: str
    ) -> dict[str, Any] | Refused | Unknown:
        headers = {"Content-Type": type}
        answer = await self._ask(
            web, account, grant, "POST", "repo.uploadBlob", body=body, headers=headers
        )
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status != 200:
            words = f"{self.name} refused a picture: {_message(answer)}"
            return Refused(words, permanent=True)
        try:
            blob: dict[str, Any] = answer.json()["blob"]
            return blob
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def _ask(
        self, web: http.Client, account: Account, grant: Grant, method: str, name: str, **what: Any
    ) -> http.Answer | Refused | Unknown:
        headers = {"Authorization": f"Bearer {grant.secrets['access']}"} | what.pop("headers", {})
        answer = await ask(web, method, _url(account.host, name), headers=headers, **what)
        if isinstance(answer, http.Answer) and (
            answer.status == 401 or _error(answer) in ("ExpiredToken", "InvalidToken")
        ):
            return Refused("The session with the network ran out.", stale_token=True)
        return answer


def clean_handle(typed: str) -> str:
    """'@You.bsky.social ' and profile links become 'you.bsky.social'."""
    typed = regex.sub(r"[\p{Cf}\s]", "", typed).lower()
    typed = typed.removeprefix("https://bsky.app/profile/").split("/")[0].lstrip("@")
    return typed if "." in typed or not typed else f"{typed}.bsky.social"


def clean_host(typed: str) -> str:
    """A base URL without a path; bsky.social when nothing was typed."""
    typed = typed.strip().rstrip("/") or "bsky.social"
    return typed if typed.startswith(("https://", "http://")) else f"https://{typed}"


def _url(host: str, name: str) -> str:
    return f"{host}/xrpc/com.atproto.{name}"


def _account(host: str, said: dict[str, Any]) -> Account:
    handle = said["handle"]
    return Account(
        "bluesky", host, said["did"], handle, handle, f"https://bsky.app/profile/{said['did']}"
    )


def _grant(said: dict[str, Any]) -> Grant:
    secrets = {"access": said["accessJwt"], "refresh": said["refreshJwt"]}
    return Grant(secrets, _expiry(said["accessJwt"]))


def _expiry(jwt: str) -> datetime | None:
    """`exp` of a JSON web token (RFC 7519 4.1.4); not verified, only used to refresh in time."""
    try:
        part = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError):
        return None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _published(account: Account, uri: str) -> Published:
    key = uri.rsplit("/", 1)[-1]
    return Published(uri, f"https://bsky.app/profile/{account.account_id}/post/{key}")


def _error(answer: http.Answer) -> str:
    if answer.status == 200:
        return ""
    try:
        return str(answer.json().get("error", ""))
    except (http.Unreadable, AttributeError):
        return ""


def _message(answer: http.Answer) -> str:
    try:
        said = answer.json()
        return str(said.get("message") or said.get("error") or answer.status)[:300]
    except (http.Unreadable, AttributeError):
        return str(answer.status)
