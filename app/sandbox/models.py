"""The sandbox network: walls inside this instance, for trying things without an account elsewhere."""

import re
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import Membership
from app.account.tokens import digest
from app.datamap import Basis, Category, Retention, content, part, plain, secret
from app.db import Model, db
from app.keyed import Keyed
from app.networks import Account
from app.scope import across_organizations


class Wall(Model):
    """One sandbox account."""

    __tablename__ = "wall"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    slug: Mapped[str] = mapped_column(unique=True, info=plain())
    name: Mapped[str] = mapped_column(
        info=content(Category.NAME, why="the wall is named after its organisation")
    )
    token_hash: Mapped[str] = mapped_column(
        info=secret(
            Category.TOKEN,
            why="to recognise the key that opens the wall",
            at_rest="hashed",
            retention=Retention.CONNECTION,
            basis=Basis.PROCESSOR,
        )
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())

    @classmethod
    def of(cls, member: Membership) -> Select["Wall"]:
        return select(cls).where(cls.organization_id == member.organization_id)

    @classmethod
    def put_up(cls, member: Membership, now: datetime) -> tuple["Wall", str]:
        """The organisation's wall, with a new key; the key's text is given out once."""
        token = secrets.token_urlsafe(32)
        wall = db.session.scalar(cls.of(member)) or cls(
            organization_id=member.organization_id, slug=secrets.token_hex(4), created_at=now
        )
        wall.name, wall.token_hash = member.organization.name, digest(token)
        db.session.add(wall)
        db.session.flush()
        return wall, token

    @property
    def handle(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:30] or "wall"

    def account(self, base_url: str) -> Account:
        """How the wall introduces itself as an account of the sandbox network."""
        url = f"{base_url}/sandbox/{self.slug}"
        return Account("sandbox", base_url, self.slug, self.handle, self.name, url)

    def count_like(self, post: "WallPost") -> None:
        """One statement, so that two presses at once are two."""
        mine = update(WallPost).where(WallPost.id == post.id, WallPost.wall_id == self.id)
        db.session.execute(mine.values(likes=WallPost.likes + 1))

    @classmethod
    def opened_by(cls, slug: str, token: str) -> "Wall | None":
        with across_organizations("the key says whose wall it opens"):
            return db.session.scalar(
                select(cls).where(cls.slug == slug, cls.token_hash == digest(token))
            )


class WallPost(Model):
    """A post on a wall. The key was chosen by the sender: the same key never makes two."""

    __tablename__ = "wall_post"
    __table_args__ = (UniqueConstraint("wall_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    wall_id: Mapped[int] = mapped_column(
        ForeignKey("wall.id", ondelete="CASCADE"), index=True, info=part()
    )
    key: Mapped[str] = mapped_column(info=plain())
    text: Mapped[str] = mapped_column(info=content(Category.TEXT, why="it was published here"))
    pictures: Mapped[list[dict[str, Any]]] = mapped_column(
        Keyed("id", "alt"), info=content(Category.MEDIA, why="it was published here")
    )
    card: Mapped[dict[str, Any] | None] = mapped_column(
        Keyed("title", "description", "url"),
        info=content(Category.TEXT, why="the card of a link that was published here"),
    )
    likes: Mapped[int] = mapped_column(
        default=0, server_default="0", info=plain("presses, nobody's in particular")
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    received_at: Mapped[datetime] = mapped_column(info=plain())


class WallPicture(Model):
    """A picture that was uploaded to a wall."""

    __tablename__ = "wall_picture"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    wall_id: Mapped[int] = mapped_column(
        ForeignKey("wall.id", ondelete="CASCADE"), index=True, info=part()
    )
    type: Mapped[str] = mapped_column(info=plain())
    storage_key: Mapped[str] = mapped_column(
        info=content(Category.MEDIA, why="names the picture's file", names_file=True)
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
