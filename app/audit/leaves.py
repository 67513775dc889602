"""What a leaf is made of: a canonical text, salted commitments, and details under a person's key."""

import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
ACTOR, SUBJECT, DETAILS = "actor", "subject", "details"
PARTS = (ACTOR, SUBJECT, DETAILS)


def canonical(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def fields(
    number: int, at: datetime, action: str, organization: int | None, made: dict[str, bytes]
) -> dict[str, Any]:
    """A leaf as plain values; `made` are its commitments."""
    return {
        "number": number,
        "at": instant(at),
        "action": action,
        "organization": organization,
    } | {part: made[part].hex() for part in PARTS}


def content(
    number: int, at: datetime, action: str, organization: int | None, made: dict[str, bytes]
) -> bytes:
    """The bytes that are hashed into the log."""
    return canonical(fields(number, at, action, organization, made)).encode()


def commitment(salt: bytes, part: str, value: str) -> bytes:
    """Binds to a value without telling it; nobody can guess it without the salt."""
    return hmac.digest(salt, f"{part}:{value}".encode(), "sha256")


def new_salt() -> bytes:
    return secrets.token_bytes(16)


def person(id: int | None) -> str:
    return "" if id is None else str(id)


def lock(key: bytes, number: int, text: str) -> bytes:
    """Details under a person's key, bound to their event."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), str(number).encode())


def unlock(key: bytes, number: int, sealed: bytes) -> str | None:
    """The details' text; None when the key, the event or the text is another."""
    try:
        opened = AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], str(number).encode())
    except (InvalidTag, ValueError):
        return None
    return opened.decode()
