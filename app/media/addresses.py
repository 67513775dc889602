"""Addresses that a network fetches a file at: without a session, for a day, for one file and one form
of it. Nothing is stored; what the address says is signed (RFC 2104)."""

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app

from app.signing import mac

PURPOSE = "media addresses"
VALID = timedelta(hours=24)
SAID = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})\.([a-z0-9-]{1,80})\.([0-9]{1,11})")


@dataclass(frozen=True)
class Named:
    """What an address opens."""

    organization_id: int
    asset_id: int
    rendition: str


def address(organization_id: int, asset_id: int, rendition: str, now: datetime) -> str:
    """Open until a day from now."""
    until = int((now + VALID).timestamp())
    base_url = current_app.config["SETTINGS"].base_url
    return f"{base_url}/m/{_token(f'{organization_id}.{asset_id}.{rendition}.{until}')}"


def read(token: str, now: datetime) -> Named | None:
    """None for one that we did not make, that was changed in any way, or whose day is over."""
    try:
        said = base64.urlsafe_b64decode(token.partition(".")[0] + "==").decode("ascii")
    except ValueError:
        return None
    found = SAID.fullmatch(said)
    if not found or not hmac.compare_digest(_token(said).encode(), token.encode()):
        return None
    if datetime.fromtimestamp(int(found[4]), UTC) <= now:
        return None
    return Named(int(found[1]), int(found[2]), found[3])


def _token(said: str) -> str:
    """One spelling for each thing that is said, so that no other one passes."""
    parts = (said.encode(), mac(PURPOSE, said.encode()))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
