"""What Bluesky's app view counts, asked through the account's own server, which hands such calls on
(atproto.com/specs/xrpc, "Service Proxying"; docs.bsky.app/docs/api/app-bsky-feed-get-posts). It
counts no impressions and no clicks."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from app import http
from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.bluesky import wire
from app.networks.adapters.bluesky.wire import Repo
from app.networks.asking import LOST, told
from app.networks.figures import added, whole

TELLS = frozenset({"likes", "replies", "reposts", "saves"})
BATCH = 25  # `uris` holds at most that many


async def measure(
    repo: Repo, ids: Sequence[str]
) -> dict[str, Figures | Absent] | Refused | Unknown:
    """Posts that are gone are left out of the answer, so one that is missing is absent."""
    said = await _told(repo, "app.bsky.feed.getPosts", [("uris", id) for id in ids])
    if isinstance(said, Refused | Unknown):
        return said
    try:
        found = {str(one["uri"]): _figures(one) for one in said["posts"]}
    except (KeyError, TypeError, AttributeError):
        return Unknown(LOST)
    return {id: found.get(id, Absent()) for id in ids}


async def audience(repo: Repo) -> int | Refused | Unknown | None:
    asked = [("actor", repo.account.account_id)]
    said = await _told(repo, "app.bsky.actor.getProfile", asked)
    return whole(said.get("followersCount")) if isinstance(said, dict) else said


def _figures(post: dict[str, Any]) -> Figures:
    return Figures(
        likes=whole(post.get("likeCount")),
        replies=whole(post.get("replyCount")),
        reposts=added(whole(post.get("repostCount")), whole(post.get("quoteCount"))),
        saves=whole(post.get("bookmarkCount")),
    )


async def _told(
    repo: Repo, name: str, asked: list[tuple[str, str]]
) -> dict[str, Any] | Refused | Unknown:
    return told(await repo.call("GET", f"{name}?{urlencode(asked)}"), _refusal)


def _refusal(answer: http.Answer) -> Refused:
    return Refused(f"Bluesky does not tell: {wire.message(answer)}")
