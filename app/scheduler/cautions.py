"""What a person should know before a post goes out, and may do anyway: the same words on the same
channel, and another post close by."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import contains_eager

from app.channels.models import Channel
from app.db import among, db, table
from app.scheduler.models import Delivery, Post
from app.scheduler.saying import Saying, own_words, shared_words
from app.scheduler.states import OPEN, PENDING, PUBLISHED
from app.scheduler.words import PART, PostWords

REMEMBERED = timedelta(days=30)
CLOSE = timedelta(minutes=10)
MOST = 50  # posts with the same first words that are looked at
WENT = "The same words went out on {}"
WAIT = "The same words wait to go out on {}"
NEAR = "Another post goes out on {} within 10 minutes"
row = table(Delivery).c


class Caution(NamedTuple):
    """`at` is when the other post went out or is due, None when it has no time."""

    channel_id: int
    words: str
    at: datetime | None
    post_id: int


def duplicates(
    said: Iterable[tuple[Channel, Saying]], now: datetime, *, besides: int = 0
) -> dict[int, list[Caution]]:
    """By channel, the latest first. `besides`: the post that is being edited."""
    texts = {one.id: tuple(part.text.strip() for part in saying.parts) for one, saying in said}
    wanted = {id: parts for id, parts in texts.items() if any(parts)}
    found: dict[int, list[Caution]] = {}
    if not wanted:
        return found
    for one in db.session.scalars(_alike(wanted, now, besides)).unique():
        words = own_words(one.post, one.channel_id) or shared_words(one.post)
        if tuple(text.strip() for text in words.parts) == wanted[one.channel_id]:
            told = (WENT if one.state == PUBLISHED else WAIT).format(one.channel.handle)
            caution = Caution(one.channel_id, told, one.published_at or one.due_at, one.post_id)
            found.setdefault(one.channel_id, []).append(caution)
    return found


def _alike(wanted: Mapping[int, tuple[str, ...]], now: datetime, besides: int) -> Select[Delivery]:
    """Deliveries that may say the same: their first words are, shared or the channel's own."""
    firsts = {texts[0] for texts in wanted.values()}
    w = table(PostWords).c
    own = and_(w.post_id == Post.id, w.kind == PART, w.text.in_(firsts))
    recent = and_(row.state == PUBLISHED, row.published_at > now - REMEMBERED)
    return (
        select(Delivery)
        .join(Delivery.post)
        .outerjoin(PostWords, own)
        .options(contains_eager(Delivery.post).selectinload(Post.words))
        .where(among(row.channel_id, wanted), or_(row.state.in_(OPEN), recent))
        .where(row.post_id != besides, or_(Post.text.in_(firsts), w.id.is_not(None)))
        .order_by(row.published_at.desc(), row.id.desc())
        .limit(MOST)
    )


def clashes(times: Mapping[Channel, datetime], *, besides: int = 0) -> list[Caution]:
    """Other posts that are due within ten minutes on the same channel; the first of each channel."""
    found = []
    for channel, at in times.items():
        near = (
            select(row.post_id, row.due_at)
            .where(row.channel_id == channel.id, row.post_id != besides)
            .where(row.due_at.between(at - CLOSE, at + CLOSE))
            .where(row.state.in_(OPEN), row.state != PENDING)
            .order_by(row.due_at)
        )
        if other := db.session.execute(near.limit(1)).first():
            words = NEAR.format(channel.handle)
            found.append(Caution(channel.id, words, other.due_at, other.post_id))
    return found
