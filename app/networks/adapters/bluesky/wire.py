"""How AT Protocol servers are spoken to (atproto.com/specs/xrpc)."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import regex

from app import http
from app.networks import Account, Grant, Published, Refused, Unknown
from app.networks.adapters.bluesky import dpop
from app.networks.asking import ask

HANDLE = regex.compile(
    r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$"
)


@dataclass(frozen=True)
class Repo:
    """One account's repository, with the keys to it."""

    web: http.Client
    account: Account
    grant: Grant

    async def ask(self, method: str, name: str, **what: Any) -> http.Answer | Refused | Unknown:
        """Call com.atproto.<name> as the account."""
        return await self.call(method, f"com.atproto.{name}", **what)

    async def call(self, method: str, name: str, **what: Any) -> http.Answer | Refused | Unknown:
        """Call any method as the account, with the keys of an app password or of OAuth; a session
        that ran out is a stale token."""
        kind, web = "Bearer", self.web
        if key := self.grant.secrets.get("key"):
            kind, web = "DPoP", dpop.Proving(web, json.loads(key), self.grant.secrets["access"])
        headers = {"Authorization": f"{kind} {self.grant.secrets['access']}"}
        headers |= what.pop("headers", {})
        where = f"{self.account.host}/xrpc/{name}"
        answer = await ask(web, method, where, headers=headers, **what)
        if isinstance(answer, http.Answer) and (
            answer.status == 401 or error(answer) in ("ExpiredToken", "InvalidToken")
        ):
            return Refused("The session with the network ran out.", stale_token=True)
        return answer

    async def renew(self, name: str) -> http.Answer | Refused | Unknown:
        """Call one of the two methods that take the refresh token."""
        headers = {"Authorization": f"Bearer {self.grant.secrets['refresh']}"}
        return await ask(self.web, "POST", url(self.account.host, name), headers=headers)


def clean_handle(typed: str) -> str:
    """'@You.bsky.social ' and profile links become 'you.bsky.social'."""
    typed = regex.sub(r"[\p{Cf}\s]", "", typed).lower()
    typed = typed.removeprefix("https://bsky.app/profile/").split("/")[0].lstrip("@")
    return typed if "." in typed or not typed else f"{typed}.bsky.social"


def clean_host(typed: str) -> str:
    """A base URL without a path; bsky.social when nothing was typed."""
    typed = typed.strip().rstrip("/") or "bsky.social"
    return typed if "://" in typed else f"https://{typed}"


def url(host: str, name: str) -> str:
    return f"{host}/xrpc/com.atproto.{name}"


def account(host: str, said: dict[str, Any]) -> Account:
    handle = said["handle"]
    return Account(
        "bluesky", host, said["did"], handle, handle, f"https://bsky.app/profile/{said['did']}"
    )


def grant(said: dict[str, Any]) -> Grant:
    secrets = {"access": said["accessJwt"], "refresh": said["refreshJwt"]}
    return Grant(secrets, expiry(said["accessJwt"]))


def expiry(jwt: str) -> datetime | None:
    """`exp` of a JSON web token (RFC 7519 4.1.4); not verified, only used to refresh in time."""
    try:
        part = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError):
        return None


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def published(account: Account, said: dict[str, Any]) -> Published:
    """From an answer that names a record by `uri` and `cid`."""
    uri, cid = said["uri"], said["cid"]
    key = uri.rsplit("/", 1)[-1]
    return Published(uri, f"https://bsky.app/profile/{account.account_id}/post/{key}", cid)


def error(answer: http.Answer) -> str:
    if answer.status == 200:
        return ""
    try:
        return str(answer.json().get("error", ""))
    except (http.Unreadable, AttributeError):
        return ""


def message(answer: http.Answer) -> str:
    try:
        said = answer.json()
        return str(said.get("message") or said.get("error") or answer.status)[:300]
    except (http.Unreadable, AttributeError):
        return str(answer.status)
