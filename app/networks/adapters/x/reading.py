"""Finding a post of ours among the account's own. Reading is metered like writing: so it starts at
the post's own time (docs.x.com/x-api/posts/user-posts-timeline-by-user-id).

X renamed its parameters and fields in 2026 (`tweet.fields` to `post.fields`) and passes over a name
that it does not know without a word, so what a post replies to is read under both names, and none is
not taken for a no."""

import html
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import regex

from app.networks import Absent, Account, Parcel, Published, Refused, Unknown
from app.networks.adapters.x import wire
from app.networks.asking import LOST, told

EARLIER = timedelta(seconds=60)
PAGES = 5
FIELDS = "created_at,entities,attachments"
REFERENCES = ("referenced_posts", "referenced_tweets")
SILENT = "X did not say which post this one replies to."


async def find(
    api: wire.Api, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    asked = {
        "start_time": wire.stamp(parcel.at - EARLIER),
        "max_results": "100",
        "exclude": "retweets",
        "post.fields": FIELDS,
        "expansions": REFERENCES[0],
    }
    for _ in range(PAGES):
        said = await _page(api, account, asked)
        if isinstance(said, Refused | Unknown):
            return said
        try:
            fit = [one for one in said.get("data", []) if _fits(one, account, parcel)]
            ours = [one["id"] for one in fit if _parents(one) == _wanted(parcel)]
            onward = said.get("meta", {}).get("next_token")
            is_silent = any(_parents(one) is None for one in fit)
        except (AttributeError, KeyError, TypeError, ValueError):
            return Unknown(LOST)
        if ours:
            return wire.published(account, ours[-1])  # newest first: the earliest is ours
        if parcel.before and is_silent:
            return Unknown(SILENT)
        if not onward:
            return Absent()
        asked["pagination_token"] = onward
    return Unknown("There are too many posts since to look through.")


async def _page(
    api: wire.Api, account: Account, asked: dict[str, str]
) -> dict[str, Any] | Refused | Unknown:
    """One page; without posts it has no `data`."""
    path = f"/2/users/{account.account_id}/tweets"
    return told(await api.ask("GET", path, params=asked), wire.refusal)


def _fits(one: Mapping[str, Any], account: Account, parcel: Parcel) -> bool:
    """The same in all but what it replies to."""
    media = one.get("attachments", {}).get("media_keys", [])
    return (
        one["id"] not in parcel.taken
        and len(media) == len(parcel.record["media"])
        and datetime.fromisoformat(one["created_at"]) >= parcel.at - EARLIER
        and theirs(one, account) == normal(parcel.record["text"])
    )


def _wanted(parcel: Parcel) -> set[str] | None:
    return {parcel.before[-1].external_id} if parcel.before else None


def _parents(one: Mapping[str, Any]) -> set[str] | None:
    """What it replies to; None where X says nothing of it."""
    told = [ref for name in REFERENCES for ref in one.get(name, [])]
    return {ref["id"] for ref in told if ref.get("type") == "replied_to"} or None


def theirs(one: Mapping[str, Any], account: Account) -> str:
    """The text as it was written: t.co links led back, the link to its own media and the name of
    whom it replies to taken off."""
    words = html.unescape(one.get("text", ""))
    for link in one.get("entities", {}).get("urls", []):
        own = "media_key" in link or f"/status/{one['id']}/" in link.get("expanded_url", "")
        words = words.replace(link["url"], "" if own else link.get("expanded_url", ""))
    start = f"@{account.handle} "
    return normal(words[len(start) :] if words.lower().startswith(start.lower()) else words)


def normal(words: str) -> str:
    """What is left when the ways in which X respells a text are evened out."""
    words = unicodedata.normalize("NFC", words)
    words = regex.sub(r"https?://", "", words, flags=regex.IGNORECASE)
    words = regex.sub(r"/(?=\s|$)", "", words)
    return " ".join(words.split()).casefold()
