"""Posts as rows of lists: queue, day, all posts by state."""

from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from app.account.models import Membership
from app.db import db
from app.scheduler.calendar import bounds
from app.scheduler.labels import Label, PostLabel
from app.scheduler.life import lateness, minutes_late
from app.scheduler.models import Delivery, Post
from app.scheduler.searching import matching
from app.scheduler.states import CONFIRMING, DRAFT, PENDING, RETRY, SCHEDULED, SENDING, WORDS

UPCOMING = (SCHEDULED, RETRY, SENDING, CONFIRMING)
PER_PAGE = 50
SHOWN = ("scheduled", PENDING, "published", "draft", "held", "failed", "cancelled")


def whole(chosen: Select[Post]) -> Select[Post]:
    """With all that a list shows, in few statements."""
    return chosen.options(
        selectinload(Post.deliveries).joinedload(Delivery.channel),
        selectinload(Post.pictures),
        selectinload(Post.author),
        selectinload(Post.labels),
    )


def row(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "url": f"/posts/{post.id}",
        "words": first_words(post.text) or wordless(post),
        "state": post.state,
        "state_word": WORDS[post.state],
        "due_at": post.due_at,
        "late": _latest(post),
        "networks": sorted({delivery.channel.network for delivery in post.deliveries}),
        "author": post.author.name if post.author else "Former member",
        "labels": sorted(one.label.name for one in post.labels),
        "pictures": sum(not one.asset.is_video for one in post.pictures),
        "videos": sum(one.asset.is_video for one in post.pictures),
    }


def _latest(post: Post) -> str:
    """How late the last of its deliveries was out, when that was a minute or more."""
    late = [one for one in post.deliveries if minutes_late(one)]
    return lateness(max(late, key=minutes_late)) if late else ""


def wordless(post: Post) -> str:
    """What a post without words is called."""
    return "Video" if any(one.asset.is_video for one in post.pictures) else "Picture"


def first_words(text: str, most: int = 120) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + "…"


def on_day(member: Membership, first: date, after: date, zone: ZoneInfo) -> list[dict[str, Any]]:
    begin, end = bounds(first, after, zone)
    chosen = Post.of(member).where(Post.due_at >= begin, Post.due_at < end)
    return [row(post) for post in db.session.scalars(whole(chosen.order_by(Post.due_at)))]


class Wanted(NamedTuple):
    """Which posts are listed: `state` '' is all of them, `asked` are words that they hold."""

    state: str = ""
    label: Label | None = None
    asked: str = ""

    @property
    def url(self) -> str:
        """The list's address."""
        return self.page_url(0)

    def page_url(self, number: int) -> str:
        asked = {
            "state": self.state,
            "label": self.label.id if self.label else "",
            "q": self.asked,
            "page": number,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/posts?{query}" if query else "/posts"


def choose(member: Membership, wanted: Wanted) -> Select[Post]:
    chosen = matching(Post.of(member), member.organization_id, wanted.asked)
    if wanted.label:
        under = select(PostLabel.post_id).where(PostLabel.label_id == wanted.label.id)
        chosen = chosen.where(Post.id.in_(under))
    return chosen.where(Post.state.in_(states_of(wanted.state))) if wanted.state else chosen


def a_page(member: Membership, wanted: Wanted, page: int) -> tuple[list[dict[str, Any]], int]:
    """One page of posts, newest first, and how many pages there are."""
    chosen = choose(member, wanted)
    total = db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    if page > pages:
        return [], pages
    return newest(chosen.limit(PER_PAGE).offset((page - 1) * PER_PAGE)), pages


def newest(chosen: Select[Post]) -> list[dict[str, Any]]:
    when = func.coalesce(Post.due_at, Post.updated_at).desc()
    return [row(post) for post in db.session.scalars(whole(chosen.order_by(when, Post.id.desc())))]


def states_of(state: str) -> tuple[str, ...]:
    return UPCOMING if state == SCHEDULED else (state,)


def tabs(member: Membership, wanted: Wanted) -> list[dict[str, Any]]:
    """The states with their counts, as links."""
    counts: dict[str, int] = dict.fromkeys(SHOWN, 0)
    every = choose(member, wanted._replace(state=""))
    chosen = every.with_only_columns(Post.state, func.count())
    found = db.session.execute(chosen.group_by(Post.state))
    for state, count in found:
        counts[SCHEDULED if state in UPCOMING else state] += count
    rows = [("", "All", sum(counts.values()))]
    rows += [(s, "Drafts" if s == DRAFT else WORDS[s], counts[s]) for s in SHOWN]
    return [
        {
            "slug": slug,
            "word": word,
            "count": count,
            "url": wanted._replace(state=slug).url,
            "is_current": slug == wanted.state,
        }
        for slug, word, count in rows
    ]
