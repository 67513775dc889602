"""What X counts (docs.x.com/x-api/fundamentals/metrics). Clicks are told to the author alone, and only
for 30 days; a post that is older is asked for without them, or X leaves it out of its answer."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app import clock
from app.networks import Absent, Account, Figures, Refused, Unknown
from app.networks.adapters.x import wire
from app.networks.asking import LOST, told
from app.networks.figures import added, whole
from app.networks.measuring import Measured

TELLS = frozenset({"impressions", "likes", "replies", "reposts", "clicks", "saves"})
BATCH = 100
EPOCH = 1_288_834_974_657  # milliseconds; an id of X's begins with the time since then
PRIVATE_FOR = timedelta(days=29)
PUBLIC, ALL = "public_metrics", "public_metrics,non_public_metrics"


async def measure(api: wire.Api, ids: Sequence[str]) -> Measured | Refused | Unknown:
    young = [id for id in ids if _is_young(id, clock.now())]
    found: Measured = {}
    for chosen, fields in ((young, ALL), ([id for id in ids if id not in young], PUBLIC)):
        said = await _asked(api, chosen, fields) if chosen else {}
        if isinstance(said, Refused | Unknown):
            return found or said
        found |= said
    hidden = [id for id in young if id not in found]
    said = await _asked(api, hidden, PUBLIC) if hidden else {}
    return found | said if isinstance(said, dict) else found or said


async def audience(api: wire.Api, account: Account) -> int | Refused | Unknown | None:
    path = f"/2/users/{account.account_id}"
    said = await api.told("GET", path, params={"user.fields": "public_metrics"})
    if isinstance(said, Refused | Unknown):
        return said
    public = said.get("public_metrics")
    return whole(public.get("followers_count")) if isinstance(public, dict) else None


async def _asked(api: wire.Api, ids: Sequence[str], fields: str) -> Measured | Refused | Unknown:
    asked = {"ids": ",".join(ids), "post.fields": fields}
    said = told(await api.ask("GET", "/2/tweets", params=asked), wire.refusal)
    if isinstance(said, Refused | Unknown):
        return said
    try:
        found: Measured = {str(one["id"]): _figures(one) for one in said.get("data") or ()}
        return found | dict.fromkeys(_gone(said.get("errors") or ()), Absent())
    except (KeyError, TypeError, AttributeError):
        return Unknown(LOST)


def _gone(errors: Iterable[dict[str, Any]]) -> list[str]:
    return [str(one["resource_id"]) for one in errors if one.get("title") == "Not Found Error"]


def _figures(post: dict[str, Any]) -> Figures:
    """`repost_count` is `retweet_count` under its newer name."""
    public, own = post.get("public_metrics") or {}, post.get("non_public_metrics") or {}
    reposts = public.get("repost_count", public.get("retweet_count"))
    return Figures(
        impressions=whole(public.get("impression_count")),
        likes=whole(public.get("like_count")),
        replies=whole(public.get("reply_count")),
        reposts=added(whole(reposts), whole(public.get("quote_count"))),
        clicks=whole(own.get("url_link_clicks")),
        saves=whole(public.get("bookmark_count")),
    )


def _is_young(id: str, now: datetime) -> bool:
    made = (int(id) >> 22) + EPOCH if id.isascii() and id.isdecimal() else 0
    return made / 1000 > (now.astimezone(UTC) - PRIVATE_FOR).timestamp()
