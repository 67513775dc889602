"""Posts, and a delivery per channel: the delivery's row is the truth that the engine acts on."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership, User
from app.channels.models import Channel
from app.coming_back import anew, web_address, whole, zone_or_empty
from app.coming_back import text as text_of
from app.datamap import Category, Erase, Subject, content, link, part, plain
from app.db import Model, index_of, unique_of
from app.keyed import Keyed
from app.scheduler.states import (
    APPROVED,
    DRAFT,
    HELD,
    IN_A_SLOT,
    NEEDS_EYES,
    NO_PLACE,
    NOT_SENT_BY_ITSELF,
    PATIENCE,
    PENDING,
    SCHEDULED,
    SET_ASIDE,
    TAKEN_UP,
)

if TYPE_CHECKING:
    from app.scheduler.attempts import Attempt
    from app.scheduler.events import PostEvent
    from app.scheduler.labels import PostLabel
    from app.scheduler.words import PostOption, PostPicture, PostWords


class Post(Model):
    """What an author wrote, when it is due, and where it stands over all its channels."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("organization_id", "nonce"),
        Index("ix_post_calendar", "organization_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), info=plain()
    )
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.AUTHOR, erase=Erase.NULL)
    )
    text: Mapped[str] = mapped_column(
        info=content(Category.TEXT, why="what you wrote, to publish it for you")
    )
    state: Mapped[str] = mapped_column(
        info=plain("summed up over the deliveries", back=NOT_SENT_BY_ITSELF)
    )
    due_at: Mapped[datetime | None] = mapped_column(
        info=content(Category.SCHEDULE, why="when you want it to go out")
    )
    wall_time: Mapped[str] = mapped_column(
        default="", info=content(Category.SCHEDULE, why="the local time that you picked")
    )
    zone: Mapped[str] = mapped_column(
        default="",
        info=content(
            Category.SCHEDULE, why="the zone of the time that you picked", back=zone_or_empty
        ),
    )
    nonce: Mapped[str] = mapped_column(
        info=plain("a form sent twice makes one post", back=text_of(100))
    )
    version: Mapped[int] = mapped_column(default=1, info=plain(back=whole(1, 1_000_000)))
    # The open form that saved it by itself: scheduler.hands.
    typed_in: Mapped[str] = mapped_column(default="", server_default="", info=plain(back=anew))
    created_at: Mapped[datetime] = mapped_column(info=plain())
    updated_at: Mapped[datetime] = mapped_column(info=plain())
    asked_at: Mapped[datetime | None] = mapped_column(info=plain("when a yes was last asked for"))
    told_at: Mapped[datetime | None] = mapped_column(info=plain("when approvers were mailed"))

    author: Mapped[User | None] = relationship()
    events: Mapped[list["PostEvent"]] = relationship(
        order_by="PostEvent.at, PostEvent.id", viewonly=True
    )
    pictures: Mapped[list["PostPicture"]] = relationship(
        order_by="PostPicture.position", cascade="all, delete-orphan"
    )
    words: Mapped[list["PostWords"]] = relationship(
        order_by="PostWords.place, PostWords.id", cascade="all, delete-orphan"
    )
    labels: Mapped[list["PostLabel"]] = relationship(cascade="all, delete-orphan")
    options: Mapped[list["PostOption"]] = relationship(
        order_by="PostOption.id", cascade="all, delete-orphan"
    )
    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="post", order_by="Delivery.id", cascade="all, delete-orphan"
    )

    @classmethod
    def of(cls, member: Membership) -> Select["Post"]:
        return select(cls).where(cls.organization_id == member.organization_id)

    @property
    def writer(self) -> User | None:
        """Who saved the words that stand."""
        return next((one.actor for one in reversed(self.events) if one.is_of_words), self.author)

    def is_written_by(self, member: Membership) -> bool:
        """Began it, or saved the words that stand."""
        return member.user in (self.author, self.writer)

    def may_be_moved_by(self, member: Membership) -> bool:
        """Move, stop, decide about: approvers, admins and owners any post, editors their own."""
        own = member.may("post.reschedule") and self.is_written_by(member)
        return own or member.may_to_all("post.reschedule")

    def may_be_edited_by(self, member: Membership) -> bool:
        """Drafts are everybody's who writes; what has a time belongs to its author."""
        free = self.state == DRAFT or self.may_be_moved_by(member)
        return free and member.may("post.edit")


class Delivery(Model):
    """A post on one channel. The states and what moves them: docs/decisions/0001."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("post_id", "channel_id"),
        UniqueConstraint("channel_id", "external_id"),
        CheckConstraint(APPROVED, name="approved"),
        unique_of("uq_delivery_slot", ("channel_id", "due_at"), IN_A_SLOT),
        index_of("ix_delivery_unapproved", "due_at", "state = 'pending_approval'"),
        index_of("ix_delivery_pending", "not_before", TAKEN_UP),
        index_of("ix_delivery_eyes", "organization_id", NEEDS_EYES),
        index_of("ix_delivery_published", "published_at", "published_at IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), info=part())
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), info=plain()
    )
    state: Mapped[str] = mapped_column(info=plain(back=NOT_SENT_BY_ITSELF))
    reason: Mapped[str] = mapped_column(
        default="", info=plain("why it stands where it stands", back=text_of(2000))
    )
    hold: Mapped[str] = mapped_column(
        default="", info=plain("why it is held: the keys of life.HELP", back=anew)
    )
    due_at: Mapped[datetime | None] = mapped_column(
        info=content(Category.SCHEDULE, why="when you want it to go out")
    )
    in_slot: Mapped[bool] = mapped_column(
        default=False, server_default=false(), info=plain("holds a weekly slot", back=anew)
    )
    not_before: Mapped[datetime | None] = mapped_column(info=plain("when to act next", back=anew))
    prepare_after: Mapped[datetime | None] = mapped_column(info=plain(back=anew))
    content_hash: Mapped[str] = mapped_column(
        default="", info=plain("of what it says", back=text_of(64))
    )
    needs_approval: Mapped[bool] = mapped_column(
        default=False, server_default=false(), info=plain("these words need a yes", back=anew)
    )
    approved_hash: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("of the words that got their yes", back=anew)
    )
    prepared_hash: Mapped[str] = mapped_column(
        default="", info=plain("of what the record holds", back=anew)
    )
    record: Mapped[dict[str, Any] | None] = mapped_column(
        Keyed("hash", "pieces", "so_far"),
        info=content(Category.TEXT, why="the post as the network wants it, made ahead", back=anew),
    )
    is_heavy: Mapped[bool] = mapped_column(
        default=False, server_default=false(), info=plain("a video takes longer to prepare")
    )
    steps: Mapped[list[dict[str, str]]] = mapped_column(
        Keyed("id", "url", "ref"),
        default=list,
        server_default="[]",
        info=content(Category.WORKFLOW, why="the parts of a thread that are up", back=anew),
    )
    handle: Mapped[str] = mapped_column(
        default="",
        server_default="",
        info=plain("what the network calls a post that it is still working on", back=anew),
    )
    remote_key: Mapped[str | None] = mapped_column(info=plain("chosen before sending", back=anew))
    remote_at: Mapped[datetime | None] = mapped_column(info=plain("fixed with the key", back=anew))
    lease_token: Mapped[int] = mapped_column(default=0, info=plain("the fence", back=anew))
    lease_until: Mapped[datetime | None] = mapped_column(info=plain(back=anew))
    claims: Mapped[int] = mapped_column(
        default=0, server_default="0", info=plain("times taken up without an end", back=anew)
    )
    tries: Mapped[int] = mapped_column(default=0, info=plain(back=anew))
    patience: Mapped[int] = mapped_column(
        default=8, info=plain("tries left before it fails", back=anew)
    )
    reads: Mapped[int] = mapped_column(default=0, info=plain("times read back", back=anew))
    unknown_since: Mapped[datetime | None] = mapped_column(info=plain(back=anew))
    external_id: Mapped[str | None] = mapped_column(
        info=content(Category.WORKFLOW, why="the network's own name for the post")
    )
    external_url: Mapped[str | None] = mapped_column(
        info=content(Category.WORKFLOW, why="to link to the post", back=web_address)
    )
    published_at: Mapped[datetime | None] = mapped_column(info=plain())
    told_at: Mapped[datetime | None] = mapped_column(
        info=plain("when its people were told that it needs eyes", back=anew)
    )

    post: Mapped[Post] = relationship(back_populates="deliveries")
    channel: Mapped[Channel] = relationship(lazy="joined")
    attempts: Mapped[list["Attempt"]] = relationship(
        order_by="Attempt.n", cascade="all, delete-orphan"
    )

    @classmethod
    def of(cls, member: Membership) -> Select["Delivery"]:
        return select(cls).where(cls.organization_id == member.organization_id)

    @property
    def is_cleared(self) -> bool:
        """Nobody has to say yes, or somebody has, to these very words."""
        return not self.needs_approval or self.approved_hash == self.content_hash

    def rewrite(self, hashed: str, *, asks: bool) -> None:
        """Other words; `asks` when the organisation wants a yes to what is new."""
        is_new = self.content_hash != hashed or self.state == DRAFT
        self.needs_approval = asks and (is_new or self.needs_approval)
        self.content_hash = hashed

    def place(self, due_at: datetime | None, now: datetime, *, in_slot: bool = False) -> None:
        """Due then. Without its yes it waits, and what was due at once goes when that comes."""
        waits = due_at is not None and not self.is_cleared
        due_at = None if waits and due_at and due_at <= now else due_at
        self.state = PENDING if waits else SCHEDULED if due_at else DRAFT
        self.due_at, self.not_before, self.in_slot = due_at, due_at, in_slot and due_at is not None
        self.prepare_after = self.record = self.unknown_since = self.told_at = None
        self.prepared_hash = self.reason = self.hold = ""  # what was made ready runs out
        self.patience, self.claims = PATIENCE, 0
        if due_at and self.channel.set_aside_at:
            self.state, self.hold, self.reason = HELD, NO_PLACE, SET_ASIDE
        if not self.tries:
            self.remote_key = self.remote_at = None  # it follows from the row and its time
