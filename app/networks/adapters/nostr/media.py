"""Where media of a note live: on a Blossom server that the person names (github.com/hzrd149/blossom,
BUD-01, 02 and 11), else at this instance for as long as it serves them."""

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app import http
from app.networks import Account, Grant, Picture, Refused, Unknown, Video
from app.networks.adapters.nostr import events
from app.networks.asking import LOST, ask

AUTHORIZATION = 24242
GOOD_FOR = timedelta(minutes=10)
SECONDS = 120.0  # for a whole video


async def place(
    web: http.Client, account: Account, grant: Grant, one: Picture | Video, at: datetime
) -> list[str] | Refused | Unknown:
    """Its `imeta` tag, once it can be fetched."""
    body = one.body if isinstance(one, Picture) else one.read(0, one.size)
    digest, url = hashlib.sha256(body).hexdigest(), one.url
    if server := account.facts.get("endpoint"):
        uploaded = await _upload(web, server, grant, body, one.type, digest, at)
        if isinstance(uploaded, Refused | Unknown):
            return uploaded
        url = uploaded
    if not url:
        return Refused("Nostr needs a media server for pictures and videos.", permanent=True)
    return events.imeta(url, one.type, one.alt, one.width, one.height, digest)


async def _upload(
    web: http.Client,
    server: str,
    grant: Grant,
    body: bytes,
    type: str,
    digest: str,
    at: datetime,
) -> str | Refused | Unknown:
    end = str(int((at + GOOD_FOR).timestamp()))
    tags = [["t", "upload"], ["x", digest], ["expiration", end]]
    tags.append(["server", urlsplit(server).hostname or ""])
    pass_ = events.sign(grant.secrets["key"], at, AUTHORIZATION, tags, "Upload from AllStac")
    spelled = base64.urlsafe_b64encode(json.dumps(pass_).encode()).decode().rstrip("=")
    headers = {"Authorization": f"Nostr {spelled}", "Content-Type": type, "X-SHA-256": digest}
    answer = await ask(web, "PUT", f"{server}/upload", headers=headers, body=body, seconds=SECONDS)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status not in (200, 201):
        reason = answer.headers.get("X-Reason", str(answer.status))[:200]
        return Refused(f"The media server refused it: {reason}", permanent=True)
    try:
        said: dict[str, Any] = answer.json()
        is_ours = said["sha256"] == digest and str(said["url"]).startswith(("https://", "http://"))
        return str(said["url"]) if is_ours and " " not in said["url"] else Unknown(LOST)
    except (http.Unreadable, KeyError, TypeError):
        return Unknown(LOST)
