"""Is it there? The account's own recent posts, compared with what was sent. An idempotency key
alone does not tell: Mastodon forgets it after an hour and other servers do not know it."""

import html
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import regex

from app import http
from app.networks import Absent, Parcel, Published, Refused, Unknown
from app.networks.adapters.mastodon.wire import Server, standing
from app.networks.asking import LOST

EARLIER = timedelta(seconds=60)  # that the server's clock may be behind
PAGE, MOST_PAGES = 20, 10
BREAK = regex.compile(r"<br\s*/?>|</p>\s*<p[^>]*>", regex.IGNORECASE)
ELEMENT = regex.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Status:
    """What matters of a status (entities/Status). `text` as it was typed, where that is told."""

    there: Published
    at: datetime
    by: str
    answers: str
    media: int
    is_reblog: bool
    text: str
    warning: str
    content: str


async def find(server: Server, parcel: Parcel) -> Published | Absent | Refused | Unknown:
    """The oldest of the account's posts that can be this one. Some servers list only public posts
    as the account's; all list the account's own at its home."""
    paths = [f"/api/v1/accounts/{server.account.account_id}/statuses"]
    if _sent(parcel).get("visibility") != "public":
        paths.append("/api/v1/timelines/home")
    for path in paths:
        recent = await _recent(server, path, parcel)
        if isinstance(recent, Refused | Unknown):
            return recent
        for status in reversed(recent):
            same = await _is_same(server, parcel, status)
            if isinstance(same, Refused | Unknown):
                return same
            if same:
                return status.there
    return Absent()


async def _recent(server: Server, path: str, parcel: Parcel) -> list[Status] | Refused | Unknown:
    """Candidates, newest first: pages are read until one reaches back beyond the first try. A
    server that does not know pages gives the same one again."""
    candidates: list[Status] = []
    query = {"limit": str(PAGE), "exclude_reblogs": "true"}
    for _ in range(MOST_PAGES):
        answer = await server.ask("GET", path, params=query)
        page = _statuses(answer) if isinstance(answer, http.Answer) else answer
        if isinstance(page, Refused | Unknown):
            return page
        young = [one for one in page if one.at >= parcel.at - EARLIER]
        candidates += [one for one in young if _could_be(server, parcel, one)]
        if len(young) < len(page) or not page or page[-1].there.external_id == query.get("max_id"):
            return candidates
        query["max_id"] = page[-1].there.external_id
    return Unknown("Too much was posted since to tell whether this is there.")


def _statuses(answer: http.Answer) -> list[Status] | Unknown:
    """A page; anything else is no ground for saying that nothing is there."""
    try:
        said = answer.json()
        is_page = answer.status == 200 and isinstance(said, list)
        return [_status(one) for one in said] if is_page else Unknown(LOST)
    except (http.Unreadable, KeyError, TypeError, AttributeError, ValueError):
        return Unknown(LOST)


def _status(said: dict[str, Any]) -> Status:
    at = datetime.fromisoformat(said["created_at"])
    return Status(
        standing(said),
        at if at.tzinfo else at.replace(tzinfo=UTC),
        str(said["account"]["id"]),
        str(said.get("in_reply_to_id") or ""),
        len(said.get("media_attachments") or ()),
        bool(said.get("reblog")),
        str(said.get("text") or ""),
        str(said.get("spoiler_text") or ""),
        str(said.get("content") or ""),
    )


def _could_be(server: Server, parcel: Parcel, status: Status) -> bool:
    """All but the text: whose it is, what it answers, how many media hang on it."""
    return (
        status.by == server.account.account_id
        and not status.is_reblog
        and status.there.external_id not in parcel.taken
        and status.answers == (parcel.before[-1].external_id if parcel.before else "")
        and status.media == len(_sent(parcel).get("media_ids", ()))
    )


def _sent(parcel: Parcel) -> dict[str, Any]:
    sent: dict[str, Any] = parcel.record["status"]
    return sent


async def _is_same(server: Server, parcel: Parcel, status: Status) -> bool | Refused | Unknown:
    """The text as it was typed, where the server tells it: in the status, as snac does, or as its
    source (Mastodon 3.5 and later). Else what can be read in the status."""
    if status.text:
        return _says(parcel, status.text, status.warning)
    answer = await server.ask("GET", f"/api/v1/statuses/{status.there.external_id}/source")
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status == 200:
        try:
            said = answer.json()
            return _says(parcel, said["text"], said["spoiler_text"])
        except (http.Unreadable, KeyError, TypeError, AttributeError):
            return Unknown(LOST)
    return _says(parcel, plain(status.content), status.warning)


def _says(parcel: Parcel, text: str, warning: str) -> bool:
    """Spaces aside. A server fills in for an empty text, with the warning or a sign."""
    sent = _sent(parcel)
    words, warned = sent["status"].split(), sent.get("spoiler_text", "").split()
    if not words:
        return warned in (warning.split(), text.split())
    return (words, warned) == (text.split(), warning.split())


def plain(content: str) -> str:
    """The text of a status' HTML, whose links hold their whole address."""
    return html.unescape(ELEMENT.sub("", BREAK.sub("\n", content)))
