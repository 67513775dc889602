"""How Pinterest is spoken to (developers.pinterest.com/docs/api/v5, contract 5.23 in the repository
pinterest/api-description)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import http
from app.networks import Account, Grant, Published, Refused, Unknown, oauth
from app.networks.asking import LOST, ask, told

SITE = "https://www.pinterest.com"
PAGE = "100"  # the most that one page of a list holds
PAGES = 5
STALE = Refused("The session with Pinterest ran out.", stale_token=True)
NO_BOARD = "The board is no longer there at Pinterest."
UNREACHED = (
    "Pinterest could not fetch the picture from this instance. We offer it again; if that goes on,"
    " this instance can't be reached from outside."
)


@dataclass(frozen=True)
class Api:
    """Pinterest, asked with one grant."""

    web: http.Client
    base: str
    grant: Grant

    async def ask(self, method: str, path: str, **what: Any) -> http.Answer | Refused | Unknown:
        """A 401 may be an old token or a revoked one: a refresh tells."""
        headers = {"Authorization": f"Bearer {self.grant.secrets['access']}"}
        answer = await ask(self.web, method, f"{self.base}{path}", headers=headers, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            return STALE
        return answer

    async def told(self, method: str, path: str, **what: Any) -> dict[str, Any] | Refused | Unknown:
        """The answer's body, or why there is none."""
        return told(await self.ask(method, path, **what), refusal)

    async def listed(
        self, path: str, pages: int = PAGES
    ) -> tuple[list[dict[str, Any]], bool] | Refused | Unknown:
        """What a list holds, through its bookmarks, up to so many pages; and is that all of it?"""
        found: list[dict[str, Any]] = []
        asked = {"page_size": PAGE}
        for _ in range(pages):
            said = await self.told("GET", path, params=asked)
            if isinstance(said, Refused | Unknown):
                return said
            try:
                found += said["items"]
            except (KeyError, TypeError):
                return Unknown(LOST)
            if not said.get("bookmark"):
                return found, True
            asked["bookmark"] = str(said["bookmark"])
        return found, False


def refusal(answer: http.Answer) -> Refused:
    """A no in plain words; Pinterest says `code` and `message`."""
    said = message(answer)
    low = said.lower()
    if "fetch the image" in low or "reach the url" in low:
        return Refused(UNREACHED, prepare_again=True)
    if answer.status == 404 and "board" in low:
        return Refused(NO_BOARD, permanent=True)
    return Refused(f"Pinterest refused it: {said}", permanent=True)


def message(answer: http.Answer) -> str:
    try:
        return str(answer.json().get("message") or answer.status)[:300]
    except (http.Unreadable, AttributeError):
        return str(answer.status)


def board(said: Mapping[str, Any], username: str) -> Account:
    """A board is what is posted to; `parent` is whose it is."""
    name = str(said["name"])
    facts = {"kind": "board", "parent": username}
    url = f"{SITE}/{username}/"
    return Account("pinterest", SITE, str(said["id"]), f"{username}/{name}", name, url, facts)


def grant(said: dict[str, Any], before: Grant | None = None) -> Grant:
    """30 days; the refresh token lasts 60 and each refresh gives a new one, for ever."""
    kept = before.secrets.get("refresh", "") if before else ""
    secrets = {"access": str(said["access_token"]), "refresh": said.get("refresh_token") or kept}
    last = oauth.ends(said, "refresh_token_expires_in") or (before.ends_at if before else None)
    return Grant(secrets, oauth.ends(said), last, before.app if before else None)


def published(id: str) -> Published:
    return Published(id, f"{SITE}/pin/{id}/")
