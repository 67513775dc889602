"""A receiver of one's own: posts as signed events (Standard Webhooks,
github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). What is sent is written
down for receivers in docs/webhook.md."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

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
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.asking import ask

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)  # what the specification allows
REMEMBERS = "remembers"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


class Webhook(Network):
    """The address may hold a secret of its own, so it is kept with the keys and shown nowhere."""

    slug = "webhook"
    name = "Webhook"
    words = "A receiver of your own, with signed events."
    fields = (
        Field(
            "url",
            "Address",
            "text",
            "We send a signed ping there now; it has to answer with 200 or another 2xx.",
            "https://example.com/allstac",
        ),
        Field(
            "secret",
            "Secret",
            "text",
            "Copy it to your receiver before you go on: it is shown here and never again. A secret"
            " of your own may stand in its place.",
            made=new_secret,
        ),
        Field(
            REMEMBERS,
            "My receiver ignores ids that it has seen",
            "switch",
            "Then what got lost on the way is sent again with the same id, without asking you.",
            required=False,
        ),
    )
    limits = Limits(
        graphemes=10_000,
        bytes=None,
        images=10,
        image_bytes=10_000_000,
        image_side=5000,
        alt_graphemes=2000,
        videos=1,
        video_bytes=500_000_000,
        video_seconds=3600,
        mixed=True,
        thread=25,
        comment=True,
    )
    idempotency = Idempotency.BLIND

    def idempotency_of(self, account: Account) -> Idempotency:
        """Whether an id is known is the receiver's to say: nothing in its answers tells."""
        remembers = account.facts.get("kind") == REMEMBERS
        return Idempotency.EXACT if remembers else self.idempotency

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        url, secret = answers.get("url", "").strip(), answers.get("secret", "").strip()
        if _key(secret) is None:
            return Refused(
                f"A secret begins with {PREFIX} and holds 24 to 64 bytes in base64.", field="secret"
            )
        account, grant = _account(url, answers.get(REMEMBERS, "")), _grant(url, secret)
        trouble = await self.check(web, account, grant)
        return Refused(trouble.reason, field="url") if trouble else (account, grant)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        event = _event("ping", clock.now(), {})
        return await _deliver(web, grant, f"ping-{secrets.token_hex(8)}", event)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused("your receiver has to forget the secret, too")

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        media = [_medium("image", picture) for picture in piece.pictures]
        if piece.video:
            media.append(_medium("video", piece.video) | {"seconds": piece.video.seconds})
        return {
            "text": piece.text,
            "media": media,
            "place": piece.place,
            "is_comment": piece.is_comment,
        }

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        """The same bytes at every try; only the time of sending and so the signature differ."""
        after = parcel.before[-1].external_id if parcel.before else None
        event = _event(
            "post.published", parcel.at, parcel.record | {"id": parcel.key, "after": after}
        )
        trouble = await _deliver(web, grant, parcel.key, event)
        return trouble or Published(parcel.key, "")

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Absent:
        """Only asked where the receiver ignores ids that it has seen. It can't be read, and need
        not be: sending again makes no second post, which is what absence leads to."""
        return Absent()

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        event = _event("post.deleted", clock.now(), {"id": external_id})
        return await _deliver(web, grant, f"{external_id}-deleted", event)


def sign(secret: str, id: str, at: int, body: bytes) -> str:
    """The header `webhook-signature`; `at` in seconds since 1970."""
    key = _key(secret)
    assert key is not None
    made = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


async def _deliver(
    web: http.Client, grant: Grant, id: str, event: bytes
) -> Refused | Unknown | None:
    """One event; None when it was taken, which is what any 2xx means."""
    at = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(grant.secrets["secret"], id, at, event),
    }
    answer = await ask(web, "POST", grant.secrets["url"], headers=headers, body=event)
    return answer if isinstance(answer, Refused | Unknown) else _meaning(answer.status)


def _meaning(status: int) -> Refused | None:
    if 200 <= status < 300:
        return None
    if status == 410:
        return Refused("The receiver says that it is gone for good (410).", reconnect=True)
    if status in (401, 403):
        return Refused(
            f"The receiver did not accept our signature ({status}). Has it the same secret?",
            reconnect=True,
        )
    if 300 <= status < 400:
        return Refused(
            "The receiver answered with a redirect, and those are not followed. Connect the address"
            " that it leads to.",
            permanent=True,
        )
    return Refused(f"The receiver answered {status}.", permanent=True)


def _event(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    stamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    event = {"type": kind, "timestamp": stamp, "data": data}
    return json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def _medium(kind: str, one: Picture | Video) -> dict[str, Any]:
    size = {"width": one.width, "height": one.height}
    return {"kind": kind, "url": one.url, "type": one.type, "alt": one.alt} | size


def _key(secret: str) -> bytes | None:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if secret.startswith(PREFIX) and len(key) in KEY_BYTES else None


def _grant(url: str, secret: str) -> Grant:
    return Grant({"url": url, "secret": secret}, None)


def _account(url: str, remembers: str) -> Account:
    """Named by its host, and apart from others there by a hash of the whole address."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    known = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:16]
    facts = {"kind": REMEMBERS if remembers else ""}
    return Account("webhook", host, known, host, host, "", facts)
