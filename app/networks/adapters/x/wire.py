"""How X is spoken to (docs.x.com/x-api, read as version 2.167)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app import clock, http
from app.networks import Account, Grant, Published, Refused, Unknown, oauth
from app.networks.asking import LOST, ask, told

SITE = "https://x.com"
STALE = Refused("The session with X ran out.", stale_token=True)
AN_HOUR = timedelta(hours=1)
CREDITS = (
    "The X developer app of this instance has no credits left. Its operator buys some in X's"
    " developer console; until then we try again every hour."
)
LOCKED = (
    "X has locked this account for now. Sign in at x.com, follow what it asks there; we try again"
    " in an hour."
)
SUSPENDED = "X has suspended this account. Appeal at x.com, then publish this again."
GONE = "The post that this one replies to is no longer there."
MEDIA_GONE = "What was uploaded for this post has run out at X. It is uploaded again."


@dataclass(frozen=True)
class Api:
    """X, asked as one account."""

    web: http.Client
    base: str
    grant: Grant

    async def ask(self, method: str, path: str, **what: Any) -> http.Answer | Refused | Unknown:
        """A 401 may be an old token or a revoked one: X does not tell them apart, a refresh does."""
        headers = {"Authorization": f"Bearer {self.grant.secrets['access']}"}
        answer = await ask(self.web, method, f"{self.base}{path}", headers=headers, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            return STALE
        return answer

    async def told(self, method: str, path: str, **what: Any) -> dict[str, Any] | Refused | Unknown:
        """`data` of the answer, or why there is none."""
        said = told(await self.ask(method, path, **what), refusal)
        if isinstance(said, Refused | Unknown):
            return said
        data = said.get("data")
        return data if isinstance(data, dict) else Unknown(LOST)


def refusal(answer: http.Answer) -> Refused:
    """A no in plain words (docs.x.com/x-api/fundamentals/response-codes-and-errors)."""
    said = reason(answer)
    low = said.lower()
    if answer.status == 402:
        return Refused(CREDITS, retry_at=clock.now() + AN_HOUR)
    if "media ids are invalid" in low:
        return Refused(MEDIA_GONE, prepare_again=True)
    if answer.status == 403 and "locked" in low:
        return Refused(LOCKED, retry_at=clock.now() + AN_HOUR)
    if answer.status == 403 and "suspended" in low:
        return Refused(SUSPENDED, permanent=True)
    if "deleted or not visible" in low:
        return Refused(GONE, permanent=True)
    return Refused(f"X refused it: {said}", permanent=True)


def is_duplicate(answer: http.Answer) -> bool:
    return answer.status == 403 and "duplicate content" in reason(answer).lower()


def reason(answer: http.Answer) -> str:
    """What X says for itself: the first of its errors, else its detail or title."""
    try:
        said = answer.json()
        errors = said.get("errors") or [{}]
        told = errors[0].get("message") or said.get("detail") or said.get("title")
        return str(told or answer.status)[:300]
    except (http.Unreadable, AttributeError, LookupError, TypeError):
        return str(answer.status)


def account(said: dict[str, Any]) -> Account:
    handle = str(said["username"])
    return Account("x", SITE, str(said["id"]), handle, str(said["name"]), f"{SITE}/{handle}")


def grant(said: dict[str, Any], before: Grant | None = None) -> Grant:
    """An access token for two hours; the refresh token is good once and an empty one never takes
    its place."""
    kept = before.secrets.get("refresh", "") if before else ""
    secrets = {"access": said["access_token"], "refresh": said.get("refresh_token") or kept}
    return Grant(secrets, oauth.ends(said), app=before.app if before else None)


def published(account: Account, id: str) -> Published:
    return Published(id, f"{SITE}/{account.handle}/status/{id}")


def stamp(at: datetime) -> str:
    """RFC 3339 in whole seconds, as `start_time` wants it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
