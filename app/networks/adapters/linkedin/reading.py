"""Finding a page's own post or comment again. A person's posts can't be read: LinkedIn gives
`r_member_social` to nobody new (.../community-management/shares/posts-api, .../comments-api)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

from app.networks import Absent, Account, Parcel, Published, Refused, Unknown
from app.networks.adapters.linkedin import little, wire
from app.networks.asking import LOST

EARLIER = timedelta(seconds=60)
MOST = 100  # posts or comments looked at
TOO_MANY = "There are more posts or comments than we can look through."
UP = ("PUBLISHED", "PUBLISH_REQUESTED")


async def post(
    api: wire.Api, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    author = wire.urn(account.account_id)
    path = f"/rest/posts?author={author}&q=author&count={MOST}&sortBy=CREATED"
    said = await api.told("GET", path, rest="FINDER")

    def is_older(one: Mapping[str, Any]) -> bool:
        return _instant(one["createdAt"]) < parcel.at - EARLIER

    ours, name = partial(is_ours, parcel=parcel), itemgetter("id")
    return _earliest(said, parcel, ours, name, is_older)


async def comment(
    api: wire.Api, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    parent = parcel.before[-1].external_id
    said = await api.told("GET", f"/rest/socialActions/{wire.urn(parent)}/comments?count={MOST}")

    def ours(one: Mapping[str, Any]) -> bool:
        return (
            one["actor"] == account.account_id
            and _instant(one["created"]["time"]) >= parcel.at - EARLIER
            and normal(one["message"]["text"]) == normal(parcel.record["comment"])
        )

    def name(one: Mapping[str, Any]) -> str:
        return f"urn:li:comment:({parent},{one['id']})"

    return _earliest(said, parcel, ours, name, lambda one: False)  # their order is not told


def is_ours(one: Mapping[str, Any], parcel: Parcel) -> bool:
    """The same words and as many media, made no earlier than this post could be."""
    shown = little.unescape(str(one.get("commentary", "")))
    return (
        one.get("lifecycleState", UP[0]) in UP
        and _instant(one["createdAt"]) >= parcel.at - EARLIER
        and _media(one.get("content") or {}) == _media(parcel.record["post"].get("content") or {})
        and normal(shown) == normal(parcel.record["text"])
    )


def normal(words: str) -> str:
    return " ".join(words.split())


def _earliest(
    said: dict[str, Any] | Refused | Unknown,
    parcel: Parcel,
    ours: Callable[[Mapping[str, Any]], bool],
    name: Callable[[Mapping[str, Any]], str],
    is_older: Callable[[Mapping[str, Any]], bool],
) -> Published | Absent | Refused | Unknown:
    if isinstance(said, Refused | Unknown):
        return said
    try:
        names = [name(one) for one in said["elements"] if ours(one)]
    except (KeyError, TypeError, ValueError, OverflowError):
        return Unknown(LOST)
    free = [one for one in names if one not in parcel.taken]
    if free:
        return wire.published(free[-1])
    is_all = len(said["elements"]) < MOST or any(map(is_older, said["elements"]))
    return Absent() if is_all else Unknown(TOO_MANY)


def _media(content: Mapping[str, Any]) -> int:
    return len(content.get("multiImage", {}).get("images", [])) + ("media" in content)


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
