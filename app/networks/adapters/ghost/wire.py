"""How a Ghost site is spoken to: its Admin API with the key of an integration
(docs.ghost.org/admin-api)."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import regex

from app import clock, http
from app.networks import Account, Grant, Refused, Unknown
from app.networks.asking import LOST, ask

KEY = regex.compile(r"^[0-9a-f]{24}:(?:[0-9a-f]{2}){16,}$")
VERSION = "v5.0"
LIFE = 300  # seconds that a token is good for; more is refused
UPLOAD = 120.0  # seconds for a file
DEAD = "The site does not take the integration's key any more. Connect the channel again."
CLOCKS = "The site holds our key for too old or too new: its clock and ours differ."


@dataclass(frozen=True)
class Site:
    """A site's Admin API, with the key to it."""

    web: http.Client
    host: str
    key: str

    @classmethod
    def of(cls, web: http.Client, account: Account, grant: Grant) -> "Site":
        return cls(web, account.host, grant.secrets["key"])

    async def ask(self, method: str, path: str, **what: Any) -> http.Answer | Refused | Unknown:
        """Call /ghost/api/admin/<path> with a token made for this one request."""
        now = int(clock.now().timestamp())
        headers = {"Authorization": f"Ghost {token(self.key, now)}", "Accept-Version": VERSION}
        url = f"{self.host}/ghost/api/admin/{path}"
        answer = await ask(self.web, method, url, headers=headers, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            timely = "expired" not in message(answer) and "active" not in message(answer)
            return Refused(DEAD, reconnect=True) if timely else Refused(CLOCKS)
        return answer

    async def read(self, kind: str, method: str, path: str, **what: Any) -> Any:
        """The same, and the first thing of that kind in a success; None when there is none (404).
        What the site refused is for good."""
        answer = await self.ask(method, path, **what)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status == 404:
            return None
        if answer.status not in (200, 201):
            return Refused(f"The site refused it: {message(answer)}", permanent=True)
        try:
            return answer.json()[kind][0]
        except (http.Unreadable, KeyError, TypeError, IndexError):
            return Unknown(LOST)


def token(key: str, now: int) -> str:
    """A JSON web token, HS256 (RFC 7519, 7518 3.2), signed with the second half of the key."""
    id, _, secret = key.partition(":")
    head = {"alg": "HS256", "typ": "JWT", "kid": id}
    claims = {"iat": now, "exp": now + LIFE, "aud": "/admin/"}
    signed = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}"
    seal = hmac.new(bytes.fromhex(secret), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encoded(seal)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def clean_host(typed: str) -> str:
    """A base URL, without what people copy along from the editor's address."""
    typed = typed.strip().split("/ghost")[0].rstrip("/")
    return typed if "://" in typed else f"https://{typed}"


def base_of(url: str) -> str:
    """Where the Admin API lives, from an address of it; it may be another host than the site's."""
    return url.partition("/ghost/api/admin/")[0]


def label(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def message(answer: http.Answer) -> str:
    """What the first error says; its context is the more exact one."""
    try:
        error = answer.json()["errors"][0]
        return str(error.get("context") or error["message"])[:300]
    except (http.Unreadable, KeyError, TypeError, IndexError, AttributeError):
        return str(answer.status)
