"""What a client sees of a post: how it will look on each channel, and what was said by this link."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import selectinload

from app.db import db
from app.media import addresses
from app.media.renditions import ORIGINAL, POSTER
from app.scheduler import approving, preview
from app.scheduler.client_answers import counts
from app.scheduler.client_links import ClientLink, posts_of
from app.scheduler.events import PostEvent
from app.scheduler.life import DEEDS
from app.scheduler.lists import whole
from app.scheduler.models import Post
from app.scheduler.preview import PartView, Preview
from app.scheduler.saying import saying
from app.scheduler.states import PUBLISHED, WORDS


def posts(found: ClientLink, now: datetime) -> list[dict[str, Any]]:
    chosen = whole(posts_of(found)).options(
        *(selectinload(one) for one in (Post.events, Post.words, Post.options))
    )
    return [_shown(found, one, now) for one in db.session.scalars(chosen)]


def _shown(found: ClientLink, post: Post, now: datetime) -> dict[str, Any]:
    hash = approving.fingerprint(post)
    said = ((one.channel, saying(post, one.channel)) for one in post.deliveries)
    return {
        "id": post.id,
        "due_at": post.due_at,
        "state": post.state,
        "state_word": WORDS[post.state],
        "is_out": post.state == PUBLISHED,
        "hash": hash,
        "counts": bool(hash) and counts(found, post),
        "previews": [_open(one, post.organization_id, now) for one in preview.previews(said)],
        "talk": [_line(one) for one in post.events if one.by_link == found.id],
    }


def _line(event: PostEvent) -> dict[str, Any]:
    title = "You said yes" if event.kind == "agreed" else DEEDS[event.kind][1]
    return {"at": event.at, "who": event.client, "title": title, "words": event.detail}


def _open(one: Preview, organization_id: int, now: datetime) -> Preview:
    """With addresses that need no session; what still has to be mended is no client's business."""

    def signed(part: PartView) -> PartView:
        return replace(part, pictures=[_signed(p, organization_id, now) for p in part.pictures])

    comment = signed(one.comment) if one.comment else None
    parts = [signed(part) for part in one.parts]
    return replace(one, parts=parts, comment=comment, problems=[], plays=True)


def _signed(picture: dict[str, str], organization_id: int, now: datetime) -> dict[str, str]:
    def path(rendition: str) -> str:
        id = int(picture["asset"])
        return urlsplit(addresses.address(organization_id, id, rendition, now)).path

    if not picture["plays"]:
        return picture | {"url": path(ORIGINAL)}
    return picture | {"url": path(POSTER), "plays": path(ORIGINAL)}
