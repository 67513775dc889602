"""What a person is told of in the product: what was asked of them, answered, said, or went wrong. A row
holds no words, so it never tells more than the post or the channel that it leads to does now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Select, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from app.account.models import Membership, User
from app.channels.models import Channel
from app.datamap import part, plain
from app.db import Model, db, table
from app.scheduler.models import Post

PER_PAGE = 50


class Kind(NamedTuple):
    """What happened, its picture, and the one thing to do."""

    title: str
    icon: str
    action: str


KINDS = {
    "asked": Kind("A post waits for your yes", "stamp", "Read it and answer"),
    "near": Kind(
        "A post still waits for your yes and is due soon", "hourglass", "Read it and answer"
    ),
    "approved": Kind("Your post was approved", "stamp", "See it"),
    "agreed": Kind("A client said yes to your post", "stamp", "See it"),
    "sent_back": Kind("Your post came back", "undo-2", "Change it"),
    "commented": Kind("Somebody commented on your post", "message-square", "Read it"),
    "failed": Kind("A post did not go out", "triangle-alert", "Edit it or publish it again"),
    "eyes": Kind("A post is held until you decide", "eye", "Decide"),
    "reconnect": Kind("A channel has to be reconnected", "key-round", "Reconnect it"),
}


class Notice(Model):
    """One person is told of one thing, once. The row goes by the retention rule."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    membership_id: Mapped[int] = mapped_column(
        ForeignKey("membership.id", ondelete="CASCADE"), index=True, info=part()
    )
    kind: Mapped[str] = mapped_column(info=plain("a key of KINDS"))
    post_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True, info=plain()
    )
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True, info=plain()
    )
    at: Mapped[datetime] = mapped_column(index=True, info=plain())
    read_at: Mapped[datetime | None] = mapped_column(info=plain("when you marked it as read"))

    post: Mapped[Post | None] = relationship()
    channel: Mapped[Channel | None] = relationship()

    @classmethod
    def of(cls, member: Membership) -> Select["Notice"]:
        """This person's, here."""
        return select(cls).where(cls.membership_id == member.id)

    @property
    def path(self) -> str:
        """Where the one thing to do is done."""
        if self.channel_id:
            return f"/channels/{self.channel_id}"
        if self.kind == "eyes":
            return "/attention"
        return f"/posts/{self.post_id}{'/edit' if self.kind == 'sent_back' else ''}"


rows = table(Notice)


def tell(
    people: Iterable[User],
    kind: str,
    now: datetime,
    *,
    post: Post | None = None,
    channel: Channel | None = None,
) -> None:
    """A line for each of them who belongs here; the caller commits. A post or a channel is given."""
    about = post or channel
    assert about, "a notice leads somewhere"
    here = Membership.organization_id == about.organization_id
    named = Membership.user_id.in_([one.id for one in people])
    for id in db.session.scalars(select(Membership.id).where(here, named).order_by(Membership.id)):
        made = Notice(membership_id=id, kind=kind, at=now)
        made.post_id = post.id if post else None
        made.channel_id = channel.id if channel else None
        db.session.add(made)


def latest(member: Membership) -> Sequence[Notice]:
    """The newest first."""
    chosen = Notice.of(member).order_by(Notice.at.desc(), Notice.id.desc()).limit(PER_PAGE)
    return db.session.scalars(
        chosen.options(selectinload(Notice.post), selectinload(Notice.channel))
    ).all()


def unread(member: Membership) -> int:
    ours = Notice.of(member).where(Notice.read_at.is_(None))
    return db.session.scalar(ours.with_only_columns(func.count())) or 0


def read(member: Membership, now: datetime, id: int | None = None) -> int:
    """All that this person has here, or one; how many were unread."""
    ours = update(rows).where(rows.c.membership_id == member.id, rows.c.read_at.is_(None))
    chosen = ours if id is None else ours.where(rows.c.id == id)
    return len(db.session.scalars(chosen.values(read_at=now).returning(rows.c.id)).all())
