"""What Facebook counts of a page's post (developers.facebook.com/docs/platforminsights/page). Reactions,
comments and shares stand in the post; views, viewers and clicks are insights and want
`read_insights`. Impressions are views there since 2025."""

from app.networks import Absent, Account, Figures, Refused, Unknown
from app.networks.adapters.meta.graph import Graph
from app.networks.adapters.meta.insights import BATCH, allowed, counts, summed
from app.networks.figures import whole

__all__ = ["BATCH", "TELLS", "audience", "of_one"]

TELLS = frozenset({"impressions", "reach", "likes", "replies", "reposts", "clicks", "video_views"})
FIELDS = "reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count),shares"
INSIGHTS = "post_media_view,post_total_media_view_unique,post_clicks"


async def of_one(graph: Graph, account: Account, id: str) -> Figures | Absent | Refused | Unknown:
    """A video is known by a number of its own; its post is named after the page too."""
    is_video = "_" not in id
    post = f"{account.account_id}_{id}" if is_video else id
    said = await counts(graph, post, FIELDS)
    if not isinstance(said, dict):
        return said
    more = await allowed(graph, post, f"{INSIGHTS},post_video_views" if is_video else INSIGHTS)
    if not isinstance(more, dict):
        return more
    shares = said.get("shares")
    return Figures(
        impressions=more.get("post_media_view"),
        reach=more.get("post_total_media_view_unique"),
        likes=summed(said, "reactions"),
        replies=summed(said, "comments"),
        # Facebook leaves `shares` out where there are none
        reposts=whole(shares.get("count")) if isinstance(shares, dict) else 0,
        clicks=more.get("post_clicks"),
        video_views=more.get("post_video_views"),
    )


async def audience(graph: Graph, account: Account) -> int | Refused | Unknown | None:
    said = await graph.get(account.account_id, fields="followers_count")
    return whole(said.get("followers_count")) if isinstance(said, dict) else said
