"""What Meta tells us of people: signed requests, as its documents describe them
(developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback)."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select

from app.config import Settings
from app.db import db
from app.privacy.request_intake import open_request, receive
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind, Proof, Source

NETWORKS = ("facebook", "instagram", "threads")
MOST = 8_192
SKEW = timedelta(minutes=5)

# What to do with a network's user who took our permission away; filled where features are put
# together. Each answers how many channels it concerned.
ON_DEAUTHORIZED: list[Callable[[str, str, datetime], int]] = []


class NotSigned(Exception):
    """This did not come from Meta, or not for one of our apps."""


@dataclass(frozen=True)
class Signed:
    """`user` is the id that Meta gives the person for our app only."""

    network: str
    user: str
    origin: str

    @property
    def network_user(self) -> str:
        return f"{self.network}:{self.user}"


def secrets_of(settings: Settings) -> dict[str, str]:
    """The secrets of our apps, by network; without any there are no callbacks."""
    found = {name: getattr(settings, f"{name}_client_secret") for name in NETWORKS}
    return {name: secret for name, secret in found.items() if secret}


def read(signed_request: str, secrets: dict[str, str], now: datetime) -> Signed:
    """The user that a signed request names. Raises NotSigned. The signature is over the payload
    as it was sent, before decoding."""
    signature, _, payload = signed_request.partition(".")
    network = _signer(_decode(signature), payload, secrets)
    try:
        said = json.loads(_decode(payload))
        user, algorithm = str(said["user_id"]), said["algorithm"]
        issued_at = float(said.get("issued_at", 0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotSigned from None
    if str(algorithm).upper() != "HMAC-SHA256" or not (user.isascii() and user.isalnum()):
        raise NotSigned
    if issued_at > (now + SKEW).timestamp():
        raise NotSigned
    return Signed(network, user[:64], sha256(f"{network}\n{payload}".encode()).hexdigest())


def _signer(signature: bytes, payload: str, secrets: dict[str, str]) -> str:
    """Which of our apps it is for; every secret is tried, each in constant time."""
    matching = [
        network
        for network, secret in secrets.items()
        if hmac.compare_digest(
            hmac.digest(secret.encode(), payload.encode("utf-8", "replace"), "sha256"), signature
        )
    ]
    if not matching:
        raise NotSigned
    return matching[0]


def _decode(text: str) -> bytes:
    """base64url with or without padding; Meta sends it without."""
    try:
        raw = text.rstrip("=").encode("ascii")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NotSigned from None


def ask_for_deletion(signed: Signed, now: datetime) -> RightsRequest:
    """Take it in once: the same signed request again is answered with the same request."""
    known = select(RightsRequest).where(RightsRequest.origin == signed.origin)
    if found := db.session.scalar(known):
        return found
    made = receive(Kind.DELETION, Source.META, now)
    made.network_user, made.origin = signed.network_user, signed.origin
    return open_request(made, Proof.SIGNATURE, now)


def deauthorize(signed: Signed, now: datetime) -> int:
    """The person took our permission away: the keys are dead, so they go."""
    return sum(forget(signed.network, signed.user, now) for forget in ON_DEAUTHORIZED)
