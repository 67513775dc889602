"""What people did with a post, and what they said about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import coming_back
from app.account.models import Membership, User
from app.datamap import Category, Erase, Subject, content, link, part, plain
from app.db import Model, db
from app.scheduler.models import Post

KINDS = (
    "drafted", "scheduled", "asked", "approved", "agreed", "sent_back", "commented", "edited",
    "moved", "cancelled", "released", "decided", "repeated",
)  # fmt: skip


class PostEvent(Model):
    """What people did with a post; the engine's own steps stand in the attempts."""

    __tablename__ = "post_event"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True, info=part()
    )
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.ACTOR, erase=Erase.NULL)
    )
    at: Mapped[datetime] = mapped_column(info=plain())
    kind: Mapped[str] = mapped_column(
        info=plain(
            "what was done; the words for it stand in app/scheduler/life.py",
            back=coming_back.one_of(*KINDS),
        )
    )
    detail: Mapped[str] = mapped_column(
        default="", info=content(Category.TEXT, why="what you said to your team about the post")
    )

    client: Mapped[str] = mapped_column(
        default="",
        server_default="",
        info=content(
            Category.NAME,
            why="what a client without an account calls themself",
            back=coming_back.name_or_empty,
        ),
    )
    by_link: Mapped[int | None] = mapped_column(
        info=plain("the number of the link that it came by", back=coming_back.anew)
    )

    actor: Mapped[User | None] = relationship(lazy="joined")

    @property
    def who(self) -> str:
        """Whose name stands beside it; '' for a former member."""
        if self.client:
            return f"{self.client} (client)"
        return self.actor.name if self.actor else ""

    @property
    def is_of_words(self) -> bool:
        """Did it change what the post says?"""
        return self.kind in ("drafted", "scheduled", "asked", "edited")


@dataclass(frozen=True)
class Client:
    """Who answers by a link, without an account; `link` is the number of that link."""

    name: str
    link: int


def note(
    post: Post, by: Membership | Client, kind: str, now: datetime, detail: str = ""
) -> PostEvent:
    made = PostEvent(post_id=post.id, at=now, kind=kind, detail=detail)
    if isinstance(by, Client):
        made.client, made.by_link = by.name, by.link
    else:
        made.actor_id = by.user_id
    db.session.flush()
    db.session.add(made)
    return made
