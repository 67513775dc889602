"""What Ghost counts of a post that it also sent as a newsletter: openings, clicks on its links, and
thumbs up of its readers (Ghost's own export of posts is made of the same counts). Of a post that was not
sent it counts nothing."""

from typing import Any

from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.ghost.wire import Site
from app.networks.figures import whole

TELLS = frozenset({"reach", "likes", "clicks"})
BATCH = 10
INCLUDED = "email,count.clicks,count.positive_feedback"


async def of_one(site: Site, id: str) -> Figures | Absent | Refused | Unknown:
    asked = {"include": INCLUDED, "fields": "id,status"}
    said = await site.read("posts", "GET", f"posts/{id}/", params=asked)
    if isinstance(said, Refused | Unknown):
        return said
    if said is None or said.get("status") == "draft":
        return Absent()
    return _figures(said)


def _figures(post: dict[str, Any]) -> Figures:
    email, counted = post.get("email"), post.get("count") or {}
    if not isinstance(email, dict):
        return Figures()
    return Figures(
        reach=whole(email.get("opened_count")) if email.get("track_opens") else None,
        likes=whole(counted.get("positive_feedback")),
        clicks=whole(counted.get("clicks")) if email.get("track_clicks") else None,
    )
