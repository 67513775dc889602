"""How Mastodon and what is compatible with it are spoken to (docs.joinmastodon.org/client/intro)."""

from dataclasses import dataclass
from typing import Any

from app import http
from app.networks import Account, Grant, Published, Refused, Unknown
from app.networks.asking import LOST, ask

DEAD = Refused(
    "The server does not take our key any more. Connect the channel again.", reconnect=True
)
TOO_LITTLE = Refused(
    "Our key does not allow this on the server. Connect the channel again.", reconnect=True
)


@dataclass(frozen=True)
class Server:
    """An account's server, with the key to the account."""

    web: http.Client
    account: Account
    grant: Grant

    async def ask(self, method: str, path: str, **what: Any) -> http.Answer | Refused | Unknown:
        """Call the API as the account. Keys have no end (api/oauth-tokens), so one that is not
        taken was taken back. Connections are not used again: snac hangs up without a word, and a
        post on such a line would be lost."""
        headers = {"Authorization": f"Bearer {self.grant.secrets['token']}"}
        headers |= what.pop("headers", {})
        url = self.account.host + path
        answer = await ask(self.web, method, url, headers=headers, once=True, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            return DEAD
        if isinstance(answer, http.Answer) and answer.status == 403 and _lacks_scope(answer):
            return TOO_LITTLE
        return answer


def _lacks_scope(answer: http.Answer) -> bool:
    """RFC 6750 3.1 says insufficient_scope; Mastodon's OAuth library says invalid_scope."""
    return "_scope" in answer.headers.get("WWW-Authenticate", "")


def published(answer: http.Answer) -> Published | Unknown:
    try:
        return standing(answer.json())
    except (http.Unreadable, KeyError, TypeError):
        return Unknown(LOST)


def standing(said: dict[str, Any]) -> Published:
    """From a status (entities/Status)."""
    return Published(str(said["id"]), str(said.get("url") or said["uri"]))


def message(answer: http.Answer) -> str:
    """The server's own words, else the status code."""
    try:
        said = answer.json()
        return str(said.get("error_description") or said.get("error") or answer.status)[:300]
    except (http.Unreadable, AttributeError):
        return str(answer.status)
