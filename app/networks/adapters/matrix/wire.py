"""How a Matrix homeserver is found and spoken to: the client-server API
(spec.matrix.org/v1.11/client-server-api)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import regex

from app import clock, http
from app.networks import Account, Grant, Refused, Unknown
from app.networks.asking import LOST, ask

PERSON = regex.compile(r"^@[^:\s]+:(\S+)$")
ROOM = regex.compile(r"^[!#]\S+$")
UPLOAD = 120.0  # seconds for a file
WAIT = ("retry_after_ms",)
DEAD = "The server does not take the keys any more: its device was signed out there."
STALE = "The access token has run out."
NO_SERVER = "No Matrix server answers at that address."
DEVICE = "AllStac"


@dataclass(frozen=True)
class Home:
    """A homeserver, with the keys of one device there."""

    web: http.Client
    host: str
    token: str = ""

    @classmethod
    def of(cls, web: http.Client, account: Account, grant: Grant) -> "Home":
        return cls(web, account.host, grant.secrets["access"])

    async def ask(self, method: str, path: str, **what: Any) -> http.Answer | Refused | Unknown:
        """Call /_matrix/<path> as the device. A soft logout wants a refresh, a hard one a person
        (5.7.4, "Soft logout")."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= what.pop("headers", {})
        answer = await ask(self.web, method, f"{self.host}/_matrix/{path}", headers=headers, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            if said(answer).get("soft_logout") is True:
                return Refused(STALE, stale_token=True)
            return Refused(DEAD, reconnect=True)
        return answer

    async def read(self, method: str, path: str, **what: Any) -> dict[str, Any] | Refused | Unknown:
        """The same, and the JSON of a success; what the server refused is for good."""
        answer = await self.ask(method, path, **what)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status != 200:
            return Refused(f"The server refused it: {message(answer)}", permanent=True)
        return said(answer) or Unknown(LOST)


def said(answer: http.Answer) -> dict[str, Any]:
    """The body, where it is an object; else nothing."""
    try:
        found = answer.json()
    except http.Unreadable:
        return {}
    return found if isinstance(found, dict) else {}


def message(answer: http.Answer) -> str:
    """What a standard error response says (4.1)."""
    found = said(answer)
    return str(found.get("error") or found.get("errcode") or answer.status)[:300]


async def discover(web: http.Client, typed: str) -> str | Refused:
    """The base URL of a server by its name: what /.well-known/matrix/client says, else the name
    itself (4.2, "Well-known URI")."""
    host = clean_host(typed)
    known = await ask(web, "GET", f"{host}/.well-known/matrix/client", redirects=3)
    if isinstance(known, Refused | Unknown):
        return Refused(known.reason, field="host")
    base = said(known).get("m.homeserver") if known.status == 200 else None
    if isinstance(base, Mapping) and isinstance(base.get("base_url"), str):
        host = clean_host(base["base_url"])
    versions = await ask(web, "GET", f"{host}/_matrix/client/versions")
    if isinstance(versions, Refused | Unknown):
        return Refused(versions.reason, field="host")
    if not isinstance(said(versions).get("versions"), list):
        return Refused(NO_SERVER, field="host")
    return host


def clean_host(typed: str) -> str:
    """A base URL without a path."""
    typed = typed.strip().rstrip("/")
    parts = urlsplit(typed if "://" in typed else f"https://{typed}")
    return f"{parts.scheme}://{parts.netloc}"


def grant(session: dict[str, Any]) -> Grant:
    """From an answer of /login or /refresh; `expires_in_ms` in milliseconds."""
    secrets = {"access": session["access_token"]}
    if refresh := session.get("refresh_token"):
        secrets["refresh"] = refresh
    life = session.get("expires_in_ms")
    ends = clock.now() + timedelta(milliseconds=life) if life else None
    return Grant(secrets, ends)


def room_path(room: str, more: str) -> str:
    return f"client/v3/rooms/{quote(room, safe='')}/{more}"
