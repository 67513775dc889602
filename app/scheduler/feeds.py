"""The calendar link of an organisation: whoever has it sees when posts go out, and where. Only a hash
of it is kept; another one takes its place, and none once it is taken back."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, selectinload

from app.account.models import Membership
from app.account.tokens import digest
from app.datamap import Basis, Category, Erase, Retention, plain, secret
from app.db import Model, db
from app.scheduler.ical import Event
from app.scheduler.lists import first_words, wordless
from app.scheduler.models import Delivery, Post
from app.scheduler.states import CANCELLED, DRAFT, PENDING
from app.scope import across_organizations

BACK, AHEAD = timedelta(days=31), timedelta(days=366)
MOST, WORDS = 2000, 60  # posts of a calendar, characters of each


class CalendarFeed(Model):
    """At most one for each organisation."""

    __tablename__ = "calendar_feed"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    token_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the calendar link",
            at_rest="hashed",
            basis=Basis.PROCESSOR,
            retention=Retention.ORGANIZATION,
            erase=Erase.ORGANIZATION,
        ),
    )
    made_at: Mapped[datetime] = mapped_column(info=plain())


def find(member: Membership) -> CalendarFeed | None:
    return db.session.get(CalendarFeed, member.organization_id)


def renew(member: Membership, now: datetime) -> str:
    """The link's text, which is given out once; one that was before opens nothing any more."""
    made = find(member) or CalendarFeed(organization_id=member.organization_id)
    text = secrets.token_urlsafe(32)
    made.token_hash, made.made_at = digest(text), now
    db.session.add(made)
    return text


def revoke(member: Membership) -> bool:
    """False when there was none."""
    if found := find(member):
        db.session.delete(found)
    return found is not None


@across_organizations("a link says whose calendar it opens")
def read(text: str) -> int | None:
    """Whose calendar; None alike for a link that never was and one that was taken back."""
    chosen = select(CalendarFeed.organization_id).where(CalendarFeed.token_hash == digest(text))
    return db.session.scalar(chosen)


def events(organization_id: int, host: str, now: datetime) -> list[Event]:
    """What went out lately and what is to go out: when, where, and how it begins. No more."""
    chosen = (
        select(Post)
        .where(
            Post.organization_id == organization_id,
            Post.due_at > now - BACK,
            Post.due_at < now + AHEAD,
            Post.state.not_in((DRAFT, CANCELLED)),
        )
        .options(selectinload(Post.deliveries).joinedload(Delivery.channel))
        .options(selectinload(Post.pictures))
        .order_by(Post.due_at, Post.id)
        .limit(MOST)
    )
    return [_event(post, host) for post in db.session.scalars(chosen)]


def _event(post: Post, host: str) -> Event:
    where = ", ".join(
        f"{one.channel.handle} ({one.channel.network_name})" for one in post.deliveries
    )
    assert post.due_at
    return Event(
        uid=f"post-{post.id}@{host}",
        at=post.due_at,
        words=f"{where}: {first_words(post.text, WORDS) or wordless(post)}",
        changed_at=post.updated_at,
        sequence=post.version,
        is_sure=post.state != PENDING,
    )
