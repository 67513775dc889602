"""What WordPress counts by itself: the approved comments on a post
(developer.wordpress.org/rest-api/reference/comments; totals stand in `X-WP-Total`)."""

from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.wordpress import wire
from app.networks.adapters.wordpress.wire import Site
from app.networks.figures import whole

TELLS = frozenset({"replies"})
BATCH = 10


async def of_one(site: Site, id: str) -> Figures | Absent | Refused | Unknown:
    """Comments of a post that is gone are none, so the post is asked for first."""
    there = await site.ask("GET", f"posts/{id}", params={"_fields": "id,status", "context": "edit"})
    if isinstance(there, Refused | Unknown):
        return there
    if there.status in (404, 410) or b'"trash"' in there.body:
        return Absent()
    asked = {"post": id, "status": "approve", "per_page": "1", "_fields": "id"}
    answer = await site.ask("GET", "comments", params=asked)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status != 200 or there.status != 200:
        worse = answer if answer.status != 200 else there
        return Refused(f"The site does not tell: {wire.message(worse)}")
    return Figures(replies=whole(answer.headers.get("X-WP-Total")))
