"""The card under a link: title and description of the page, fetched through the guard. A page that
can't be had costs the card, never the post."""

from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from app import http


@dataclass(frozen=True)
class Card:
    title: str
    description: str
    picture: str


class Maker(StrEnum):
    """Where the card under a link comes from."""

    TITLE = "title"  # we send title and description
    PICTURE = "picture"  # and the page's picture
    ADDRESS = "address"  # we send the address alone
    NETWORK = "network"  # the network reads the page itself


# By network; the others show no card.
MAKERS = {
    "bluesky": Maker.TITLE,
    "linkedin": Maker.PICTURE,
    "sandbox": Maker.ADDRESS,
} | dict.fromkeys(
    ("discord", "facebook", "mastodon", "matrix", "slack", "telegram", "threads", "x"),
    Maker.NETWORK,
)
TITLE = 1000  # characters that are looked at


class _Head(HTMLParser):
    """Collects Open Graph properties (ogp.me) and the title."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "title":
            self.in_title = True
        if tag == "meta":
            name = (given.get("property") or given.get("name") or "").lower()
            if name in ("og:title", "og:description", "og:image", "description"):
                self.found.setdefault(name, (given.get("content") or "").strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self.in_title = False

    def handle_data(self, data: str) -> None:
        title = self.found.get("title", "")
        if self.in_title and len(title) < TITLE:
            self.found["title"] = title + data[:TITLE]


async def look_up(web: http.Client, url: str) -> Card | None:
    """The page's card, or None when the page says nothing or can't be read."""
    try:
        answer = await web.send("GET", url, headers={"Accept": "text/html"}, redirects=3)
    except (http.NotSent, http.NoAnswer):
        return None
    if answer.status != 200 or "html" not in answer.headers.get("Content-Type", "").lower():
        return None
    return read(answer.body.decode("utf-8", "replace"))


def read(html: str) -> Card | None:
    head = _Head()
    head.feed(html[:512_000])
    found = head.found
    title = " ".join((found.get("og:title") or found.get("title") or "").split())[:300]
    about = " ".join((found.get("og:description") or found.get("description") or "").split())[:1000]
    return Card(title, about, found.get("og:image", "")) if title else None
