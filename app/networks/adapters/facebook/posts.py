"""A page's posts and comments: pictures up, and finding again what we sent
(developers.facebook.com/docs/graph-api/reference/page/feed, .../reference/object/comments)."""

from collections.abc import Callable

from app import http
from app.networks import Absent, Account, Parcel, Picture, Published, Refused, Unknown
from app.networks.adapters.meta.graph import SLACK, Graph, Said, rows, same
from app.networks.asking import LOST

POST = "id,message,created_time,permalink_url,attachments{media_type,subattachments.limit(20)}"
COMMENT = "id,message,created_time,permalink_url,from"


async def upload(graph: Graph, account: Account, picture: Picture) -> str | Refused | Unknown:
    """The id of an unpublished photo; it goes away by itself where no post uses it."""
    file = http.Part("source", picture.body, "picture", picture.type)
    alt = {"alt_text_custom": picture.alt} if picture.alt else {}
    url = f"{graph.root}/{account.account_id}/photos"
    said = await graph.upload(url, file, published="false", **alt)
    if isinstance(said, Refused | Unknown):
        return said
    return str(said["id"]) if said.get("id") else Unknown(LOST)


async def post(
    graph: Graph, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    """In the page's published posts, by its words and the number of its pictures."""
    photos = len(parcel.record["photos"])
    edge = f"{account.account_id}/published_posts"
    found = await graph.recent(edge, parcel.at - SLACK, fields=POST)
    return _ours(found, parcel, lambda row: media(row) == photos)


async def comment(
    graph: Graph, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    """Under its post, by its words and by who wrote it."""
    edge, since = f"{parcel.before[-1].external_id}/comments", parcel.at - SLACK
    found = await graph.recent(edge, since, fields=COMMENT, order="reverse_chronological")

    def is_by_us(row: Said) -> bool:
        author = row.get("from")
        return isinstance(author, dict) and str(author.get("id")) == account.account_id

    return _ours(found, parcel, is_by_us)


def media(row: Said) -> int:
    """Pictures and videos of a post; a link's card is neither."""
    number = 0
    for one in rows(row.get("attachments") or {}):
        inside = rows(one.get("subattachments") or {})
        if inside:
            number += len(inside)
        elif one.get("media_type") in ("photo", "video"):
            number += 1
    return number


def _ours(
    found: list[Said] | Refused | Unknown, parcel: Parcel, fits: Callable[[Said], bool]
) -> Published | Absent | Refused | Unknown:
    if isinstance(found, Refused | Unknown):
        return found
    for row in sorted(found, key=lambda row: str(row.get("created_time"))):
        id, words = str(row.get("id")), str(row.get("message") or "")
        if id not in parcel.taken and same(words, parcel.record["text"]) and fits(row):
            url = str(row.get("permalink_url") or f"https://www.facebook.com/{id}")
            return Published(id, url)
    return Absent()
