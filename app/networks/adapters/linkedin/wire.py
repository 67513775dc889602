"""How LinkedIn is spoken to: versioned calls with every urn in an address escaped
(learn.microsoft.com/linkedin/marketing/versioning, .../shared/api-guide/concepts/protocol-version)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from app import clock, http
from app.networks import Account, Grant, Published, Refused, Unknown, oauth
from app.networks.asking import ask, told

SITE = "https://www.linkedin.com"
VERSION = "202605"  # LinkedIn keeps a version for a year
STALE = Refused("The session with LinkedIn ran out.", stale_token=True)
TAKEN_BACK = Refused(
    "LinkedIn no longer lets AllStac into this account. Connect it again.", reconnect=True
)
OUTDATED = (
    "LinkedIn no longer speaks the version of its interface that this instance uses. Its operator"
    " updates AllStac; until then we try again every hour."
)
NOT_ALLOWED = "LinkedIn does not allow this: {}. A page needs you as its admin or content admin."
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Api:
    """LinkedIn, asked with one grant."""

    web: http.Client
    base: str
    grant: Grant

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.grant.secrets['access']}"}

    async def ask(
        self, method: str, path: str, *, rest: str = "", **what: Any
    ) -> http.Answer | Refused | Unknown:
        """`rest`: the Rest.li method where the verb does not say it (finder, delete)."""
        headers = self.bearer | {
            "LinkedIn-Version": VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        headers |= {"X-RestLi-Method": rest} if rest else {}
        url = f"{self.base}{path}"
        answer = await ask(self.web, method, url, headers=headers, exact=True, **what)
        if isinstance(answer, Refused) and not answer.not_sent and answer.retry_at is None:
            return replace(answer, retry_at=clock.now() + AN_HOUR)  # a day's quota; no header says
        if isinstance(answer, http.Answer) and answer.status == 401:
            renewable = bool(self.grant.secrets.get("refresh"))
            return STALE if renewable and "REVOKED" not in code(answer) else TAKEN_BACK
        return answer

    async def told(self, method: str, path: str, **what: Any) -> dict[str, Any] | Refused | Unknown:
        """The answer's body, or why there is none."""
        return told(await self.ask(method, path, **what), refusal)


def refusal(answer: http.Answer) -> Refused:
    """A no in plain words (learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling)."""
    said = str(body(answer).get("message") or answer.status)[:300]
    if answer.status == 426 or code(answer) == "NONEXISTENT_VERSION":
        return Refused(OUTDATED, retry_at=clock.now() + AN_HOUR)
    if answer.status == 403:
        return Refused(NOT_ALLOWED.format(said), permanent=True)
    return Refused(f"LinkedIn refused it: {said}", permanent=True)


def body(answer: http.Answer) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except http.Unreadable:
        return {}
    return said if isinstance(said, dict) else {}


def code(answer: http.Answer) -> str:
    return str(body(answer).get("code", ""))


def urn(name: str) -> str:
    """A urn as it has to stand in an address."""
    return quote(name, safe="")


def person(said: Mapping[str, Any]) -> Account:
    """From OpenID's userinfo; LinkedIn tells no address of the profile."""
    name = str(said.get("name") or said["sub"])
    id = f"urn:li:person:{said['sub']}"
    return Account("linkedin", SITE, id, name, name, f"{SITE}/feed/", {"kind": "person"})


def page(said: Mapping[str, Any]) -> Account:
    name, handle = str(said["localizedName"]), str(said.get("vanityName") or said["id"])
    id, url = f"urn:li:organization:{said['id']}", f"{SITE}/company/{quote(handle)}/"
    return Account("linkedin", SITE, id, handle, name, url, {"kind": "organization"})


def grant(said: dict[str, Any], before: Grant | None = None) -> Grant:
    """60 days, and for approved partners a refresh token for a year from the first yes, which no
    refresh makes longer (learn.microsoft.com/linkedin/shared/authentication)."""
    kept = before.secrets.get("refresh", "") if before else ""
    refresh = str(said.get("refresh_token") or kept)
    until = oauth.ends(said)
    last = oauth.ends(said, "refresh_token_expires_in") or (before.ends_at if before else None)
    secrets = {"access": str(said["access_token"]), "refresh": refresh}
    return Grant(secrets, until, last if refresh else until, before.app if before else None)


def published(id: str) -> Published:
    parent = id.removeprefix("urn:li:comment:(").partition(",")[0]
    return Published(id, f"{SITE}/feed/update/{parent}/")
