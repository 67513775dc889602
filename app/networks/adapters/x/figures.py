"""What X counts (docs.x.com/x-api/fundamentals/metrics). Clicks are told to the author alone, and only
for 30 days; a post that is older is asked for without them, or X leaves it out of its answer."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app import clock, http
from app.networks import Absent, Account, Figures, Refused, Unknown
from app.networks.adapters.x import wire
from app.networks.asking import LOST
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
    told = said.get("public_metrics")
    return whole(told.get("followers_count")) if isinstance(told, dict) else None


async def _asked(api: wire.Api, ids: Sequence[str], fields: str) -> Measured | Refused | Unknown:
    answer = await api.ask("GET", "/2/tweets", params={"ids": ",".join(ids), "post.fields": fields})
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status != 200:
        return wire.refusal(answer)
    try:
        said = answer.json()
        found: Measured = {str(one["id"]): _figures(one) for one in said.get("data") or ()}
        return found | dict.fromkeys(_gone(said.get("errors") or ()), Absent())
    except (http.Unreadable, KeyError, TypeError, AttributeError):
        return Unknown(LOST)


def _gone(errors: Iterable[dict[str, Any]]) -> list[str]:
    return [str(one["resource_id"]) for one in errors if one.get("title") == "Not Found Error"]


def _figures(post: dict[str, Any]) -> Figures:
    """`repost_count` is `retweet_count` under its newer name."""
    told, own = post.get("public_metrics") or {}, post.get("non_public_metrics") or {}
    reposts = told.get("repost_count", told.get("retweet_count"))
    return Figures(
        impressions=whole(told.get("impression_count")),
        likes=whole(told.get("like_count")),
        replies=whole(told.get("reply_count")),
        reposts=added(whole(reposts), whole(told.get("quote_count"))),
        clicks=whole(own.get("url_link_clicks")),
        saves=whole(told.get("bookmark_count")),
    )


def _is_young(id: str, now: datetime) -> bool:
    made = (int(id) >> 22) + EPOCH if id.isascii() and id.isdecimal() else 0
    return made / 1000 > (now.astimezone(UTC) - PRIVATE_FOR).timestamp()
