"""Conversations with support: what a person sent us, and what we answered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import User
from app.datamap import (
    Category,
    Erase,
    Purpose,
    Retention,
    Subject,
    link,
    part,
    personal,
    plain,
    secret,
)
from app.db import Model

WAITING, ANSWERED, CLOSED = "waiting", "answered", "closed"
WORDS = {WAITING: "Waits for us", ANSWERED: "Answered", CLOSED: "Closed"}


class Conversation(Model):
    """A thread of a person with an account, or of somebody who confirmed an address."""

    __tablename__ = "support_conversation"
    __table_args__ = (
        CheckConstraint("user_id IS NOT NULL OR email IS NOT NULL", name="is_somebodys"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    email: Mapped[str | None] = mapped_column(
        index=True,
        info=personal(
            Category.EMAIL,
            why="to answer somebody who has no account",
            purpose=Purpose.SUPPORT,
            retention=Retention.SUPPORT,
            by_address=True,
        ),
    )
    topic: Mapped[str] = mapped_column(
        info=personal(
            Category.SUPPORT,
            why="what you wrote to us about",
            purpose=Purpose.SUPPORT,
            retention=Retention.SUPPORT,
        )
    )
    state: Mapped[str] = mapped_column(default=WAITING, info=plain("waiting | answered | closed"))
    opened_at: Mapped[datetime] = mapped_column(info=plain())
    confirmed_at: Mapped[datetime | None] = mapped_column(
        info=plain("when the address was shown to be the writer's; before, nobody reads it")
    )
    written_at: Mapped[datetime] = mapped_column(index=True, info=plain("last message"))
    closed_at: Mapped[datetime | None] = mapped_column(info=plain("starts the 24 months"))
    link_hash: Mapped[str | None] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the link that we mailed",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
        ),
    )
    link_until: Mapped[datetime | None] = mapped_column(info=plain())

    user: Mapped[User | None] = relationship()
    messages: Mapped[list["Message"]] = relationship(
        order_by="Message.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, user: User) -> Select["Conversation"]:
        """A person's conversations, the last one written to first."""
        return select(cls).where(cls.user_id == user.id).order_by(cls.written_at.desc(), cls.id)

    @property
    def state_word(self) -> str:
        return WORDS[self.state]

    @property
    def address(self) -> str:
        """Where mails go: the account's address, which may change, or the one that was given."""
        return self.user.email if self.user else self.email or ""


class Message(Model):
    """One message; ours when `is_answer`."""

    __tablename__ = "support_message"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("support_conversation.id", ondelete="CASCADE"), index=True, info=part()
    )
    operator_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        info=link(Subject.ACTOR, why="who of us answered", erase=Erase.NULL),
    )
    is_answer: Mapped[bool] = mapped_column(default=False, info=plain())
    text: Mapped[str] = mapped_column(
        info=personal(
            Category.SUPPORT,
            why="what you sent to our support and what we answered",
            purpose=Purpose.SUPPORT,
            retention=Retention.SUPPORT,
        )
    )
    sent_at: Mapped[datetime] = mapped_column(info=plain())
