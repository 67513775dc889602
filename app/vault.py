"""Seals secrets at rest with Fernet keys (AES-128-CBC + HMAC-SHA256); the first key seals."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app


class Tampered(Exception):
    """The sealed text was not made by our keys, or was made for another row."""


def seal(secret: Any, *, bound_to: str) -> str:
    """Seal a JSON-able value. `bound_to` names its row: moved elsewhere it will not open."""
    text = json.dumps({"for": bound_to, "value": secret})
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str, *, bound_to: str) -> Any:
    try:
        opened = json.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken:
        raise Tampered(f"{bound_to}: not sealed by a key of this instance") from None
    if opened["for"] != bound_to:
        raise Tampered(f"{bound_to}: sealed for another row")
    return opened["value"]


def reseal(sealed: str) -> str:
    """The same secret under the first key, after keys were rotated."""
    return _keys().rotate(sealed.encode()).decode()


def _keys() -> MultiFernet:
    keys = current_app.config["SETTINGS"].encryption_keys.split(",")
    return MultiFernet([Fernet(key.strip()) for key in keys])
