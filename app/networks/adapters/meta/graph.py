"""How Meta's Graph APIs are spoken to (developers.facebook.com/docs/graph-api/overview): fields in the
query or a form, the token among them, answers in JSON."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app import http
from app.networks import Refused, Unknown
from app.networks.adapters.meta import errors
from app.networks.asking import LOST, ask

Said = dict[str, Any]
UPLOAD = 60.0  # seconds for one stretch of media
SLACK = timedelta(seconds=60)  # between our clock and theirs
PAGES = 5  # of 50, looked through for one post


@dataclass(frozen=True)
class Graph:
    """One account's way into one of the three APIs. `secret` is the app's, where calls are proven
    with it (developers.facebook.com/docs/graph-api/guides/secure-requests)."""

    web: http.Client
    root: str
    name: str
    token: str
    secret: str = ""

    async def get(self, path: str, **fields: str) -> Said | Refused | Unknown:
        return await self._ask("GET", path, params=self._keys() | fields)

    async def post(self, path: str, **fields: str) -> Said | Refused | Unknown:
        return await self._ask("POST", path, form=self._keys() | fields)

    async def upload(self, url: str, file: http.Part, **fields: str) -> Said | Refused | Unknown:
        named = self._keys() | fields
        parts = [http.Part(name, value) for name, value in named.items()]
        return await self._ask("POST", url, parts=[*parts, file], seconds=UPLOAD)

    async def delete(self, path: str) -> Said | Refused | Unknown:
        return await self._ask("DELETE", path, params=self._keys())

    async def _ask(self, method: str, path: str, **what: Any) -> Said | Refused | Unknown:
        url = path if "://" in path else f"{self.root}/{path}"
        return read(self.name, await ask(self.web, method, url, **what))

    async def recent(
        self, edge: str, since: datetime, *, newest_first: bool = True, **fields: str
    ) -> list[Said] | Refused | Unknown:
        """What an edge holds of that time and later, over several pages. Unknown when that is more
        than we read: an absence has to be certain."""
        found: list[Said] = []
        for _ in range(PAGES):
            said = await self.get(edge, limit="50", **fields)
            if isinstance(said, Refused | Unknown):
                return said
            page = [
                (row, moment(row.get("timestamp") or row.get("created_time"))) for row in rows(said)
            ]
            found += [row for row, made in page if made and made >= since]
            after = _next(said)
            is_past = newest_first and any(made and made < since for _, made in page)
            if not after or is_past:
                return found
            fields["after"] = after
        return Unknown(f"{self.name} lists more than we could look through.")

    def _keys(self) -> dict[str, str]:
        keys = {"access_token": self.token}
        if self.secret:
            keys["appsecret_proof"] = proof(self.secret, self.token)
        return keys


def proof(secret: str, token: str) -> str:
    """That whoever holds the token also holds the app's secret."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def read(name: str, answer: http.Answer | Refused | Unknown) -> Said | Refused | Unknown:
    """The object that was answered, or what its error means."""
    if isinstance(answer, Refused | Unknown):
        return answer
    try:
        said = answer.json()
    except http.Unreadable:
        return Unknown(LOST)
    if not isinstance(said, dict):
        return Unknown(LOST)
    if answer.status == 200 and "error" not in said:
        return said
    return errors.meaning(name, answer, said)


def rows(said: Said) -> Sequence[Said]:
    """The objects of an edge; nothing where it holds none."""
    found = said.get("data")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _next(said: Said) -> str:
    """The cursor of the page after this one, where there is one
    (developers.facebook.com/docs/graph-api/results)."""
    paging = said.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    return str(cursors.get("after", "")) if isinstance(cursors, dict) else ""


def moment(text: object) -> datetime | None:
    """`2026-11-25T22:30:00+0000`, as all three write instants."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        return None


def same(one: str, other: str) -> bool:
    """The same words, but for the white space that these networks tidy up."""
    return one.split() == other.split()
