"""Is it there? The account's own recent posts, compared with what was sent. An idempotency key
alone does not tell: Mastodon forgets it after an hour and other servers do not know it."""

import html
from datetime import timedelta
from typing import Any

import regex

from app import http
from app.networks import Absent, Parcel, Published, Refused, Unknown
from app.networks.adapters.mastodon.wire import Server, created, standing
from app.networks.asking import LOST

EARLIER = timedelta(seconds=60)  # that the server's clock may be behind
PAGE, MOST_PAGES = 40, 5
BREAK = regex.compile(r"<br\s*/?>|</p>\s*<p[^>]*>", regex.IGNORECASE)
ELEMENT = regex.compile(r"<[^>]*>")
Status = dict[str, Any]


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
                return standing(status)
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
        young = [one for one in page if _is_young(one, parcel)]
        candidates += [one for one in young if _could_be(server, parcel, one)]
        if len(young) < len(page) or not page or page[-1]["id"] == query.get("max_id"):
            return candidates
        query["max_id"] = page[-1]["id"]
    return Unknown("Too much was posted since to tell whether this is there.")


def _statuses(answer: http.Answer) -> list[Status] | Unknown:
    try:
        said = answer.json()
    except http.Unreadable:
        return Unknown(LOST)
    is_list = isinstance(said, list) and all(isinstance(one, dict) and "id" in one for one in said)
    return said if answer.status == 200 and is_list else Unknown(LOST)


def _is_young(status: Status, parcel: Parcel) -> bool:
    at = created(status)
    return at is None or at >= parcel.at - EARLIER


def _could_be(server: Server, parcel: Parcel, status: Status) -> bool:
    """All but the text: whose it is, what it answers, how many media hang on it."""
    by = (status.get("account") or {}).get("id")
    answers = parcel.before[-1].external_id if parcel.before else None
    return (
        by == server.account.account_id
        and not status.get("reblog")
        and status["id"] not in parcel.taken
        and status.get("in_reply_to_id") == answers
        and len(status.get("media_attachments") or ()) == len(_sent(parcel).get("media_ids", ()))
    )


def _sent(parcel: Parcel) -> dict[str, Any]:
    sent: dict[str, Any] = parcel.record["status"]
    return sent


async def _is_same(server: Server, parcel: Parcel, status: Status) -> bool | Refused | Unknown:
    """The text as it was typed, where the server tells it: in the status, as snac does, or as its
    source (Mastodon 3.5 and later). Else what can be read in the status."""
    if text := status.get("text"):
        return _says(parcel, text, status.get("spoiler_text") or "")
    answer = await server.ask("GET", f"/api/v1/statuses/{status['id']}/source")
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status == 200:
        try:
            said = answer.json()
            return _says(parcel, said["text"], said["spoiler_text"])
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)
    return _says(parcel, plain(status.get("content") or ""), status.get("spoiler_text") or "")


def _says(parcel: Parcel, text: str, warning: str) -> bool:
    """Spaces aside. A server fills in for an empty text, with the warning or a sign."""
    sent = _sent(parcel)
    words, warned = _words(sent["status"]), _words(sent.get("spoiler_text", ""))
    if not words:
        return warned in (_words(warning), _words(text))
    return (words, warned) == (_words(text), _words(warning))


def _words(text: str) -> list[str]:
    return text.split()


def plain(content: str) -> str:
    """The text of a status' HTML, whose links hold their whole address."""
    return html.unescape(ELEMENT.sub("", BREAK.sub("\n", content)))
