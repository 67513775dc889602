"""What a passkey signs: random, kept in the session on our side, good once and for five minutes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Challenge:
    value: bytes
    handle: str  # what a new passkey will call the account; empty when one signs


def give(purpose: str, now: datetime) -> bytes:
    """A new challenge for `purpose`; an earlier one is dead."""
    value = secrets.token_bytes(32)
    session["challenge"] = {
        "value": bytes_to_base64url(value),
        "for": purpose,
        "at": now.isoformat(),
        "handle": "",
    }
    return value


def name_account(handle: str) -> None:
    """Keep the handle that goes out together with the challenge."""
    session["challenge"] = session["challenge"] | {"handle": handle}


def take(purpose: str, now: datetime) -> Challenge | None:
    """Take the challenge out, whatever it was for; None unless it was for this and just now."""
    kept = session.pop("challenge", None)
    if not kept or kept["for"] != purpose or now - datetime.fromisoformat(kept["at"]) > LIFE:
        return None
    return Challenge(base64url_to_bytes(kept["value"]), kept["handle"])
