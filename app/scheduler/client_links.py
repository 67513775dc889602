"""Links by which a client without an account reads chosen posts and answers. Whoever has the link may,
so it ends by itself, and at once when it is taken back; only a hash of it is kept."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account import open_links
from app.account.models import Membership, User
from app.account.tokens import digest
from app.datamap import Category, Erase, Retention, Subject, content, link, plain, secret
from app.db import Model, db, table
from app.scheduler.models import Post
from app.scope import across_organizations

SHORTEST, USUAL, LONGEST = 1, 14, 90  # days
MOST_POSTS = 100


class ClientLinkPost(Model):
    """One of the posts that a link opens."""

    __tablename__ = "client_link_post"

    link_id: Mapped[int] = mapped_column(
        ForeignKey("client_link.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True, info=plain()
    )


class ClientLink(Model):
    """What a link opens. The row goes by the retention rule once it is out of time."""

    __tablename__ = "client_link"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    made_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        index=True,
        info=link(Subject.ACTOR, why="to say who made it, whose yes it lends", erase=Erase.NULL),
    )
    token_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the link to posts",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
        ),
    )
    client: Mapped[str] = mapped_column(
        info=content(Category.NAME, why="what the client calls themself, so as not to ask twice")
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    expires_at: Mapped[datetime] = mapped_column(
        index=True, info=plain("moved to now when it is taken back")
    )

    made_by: Mapped[User | None] = relationship()
    posts: Mapped[list[ClientLinkPost]] = relationship(cascade="all, delete-orphan")

    @classmethod
    def of(cls, member: Membership) -> Select["ClientLink"]:
        return select(cls).where(cls.organization_id == member.organization_id)


rows = table(ClientLink)


@dataclass(frozen=True)
class Opened:
    """Whose posts may be read by a link."""

    organization_id: int
    link_id: int


def make(
    member: Membership, posts: Iterable[Post], days: int, now: datetime
) -> tuple[ClientLink, str]:
    """The row and the link's text, which is given out once. Raises open_links.Full."""
    open_links.check_room(ClientLink, member, now)
    text = secrets.token_urlsafe(32)
    made = ClientLink(
        organization_id=member.organization_id,
        made_by_id=member.user_id,
        token_hash=digest(text),
        client="",
        created_at=now,
        expires_at=now + timedelta(days=days),
        posts=[ClientLinkPost(post_id=one.id) for one in posts],
    )
    db.session.add(made)
    db.session.flush()
    return made, text


def address(text: str) -> str:
    """Where the client reads."""
    return f"{current_app.config['SETTINGS'].base_url}/approvals/{text}"


@across_organizations("a link says whose posts it opens")
def read(text: str, now: datetime) -> Opened | None:
    """None alike for one that never was, was taken back or is out of time."""
    chosen = select(rows.c.organization_id, rows.c.id).where(
        rows.c.token_hash == digest(text), rows.c.expires_at > now
    )
    found = db.session.execute(chosen).one_or_none()
    return Opened(*found) if found else None


def find(opened: Opened) -> ClientLink | None:
    ours = (ClientLink.organization_id == opened.organization_id, ClientLink.id == opened.link_id)
    return db.session.scalar(select(ClientLink).where(*ours))


def posts_of(found: ClientLink) -> Select[Post]:
    """Those and no other, soonest due first; never those of somebody else."""
    chosen = select(ClientLinkPost.post_id).where(ClientLinkPost.link_id == found.id)
    ours = select(Post).where(Post.organization_id == found.organization_id, Post.id.in_(chosen))
    return ours.order_by(Post.due_at.nulls_last(), Post.id)
