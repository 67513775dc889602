"""Templates: words that posts begin with. Signatures: words that posts end with. A person puts either into
the composer, where it is seen, counted and changed; nothing is added when a post goes out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Select, UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership
from app.coming_back import one_of
from app.coming_back import text as text_of
from app.datamap import Category, content, plain
from app.db import Model, db
from app.media.models import MOST_LABELS
from app.scheduler.labels import fold, tidy
from app.scheduler.saying import Words
from app.scheduler.threads import cut_thread, join_thread

POST, SIGNATURE = "post", "signature"
KINDS = (POST, SIGNATURE)
LONGEST = 80  # characters of a name
LONGEST_TEXT = 20_000  # characters of a template in all, as of one text in the composer
LONGEST_SIGNATURE = 500
JOINED = 2 * LONGEST_TEXT  # room for what stands between the posts of a thread
MOST = 200  # of an organisation, templates and signatures together
BETWEEN = ", "  # labels
FULL = f"Your organisation has {MOST} templates and signatures, the most that fit."
TAKEN = "Another one has this name already."


class TemplateChannel(Model):
    """A channel that is ticked in a post that begins with the template."""

    __tablename__ = "template_channel"
    __table_args__ = (UniqueConstraint("template_id", "channel_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    template_id: Mapped[int] = mapped_column(
        ForeignKey("template.id", ondelete="CASCADE"), info=plain()
    )
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True, info=plain()
    )


class Template(Model):
    """`text` is a thread as one text (`threads.py`); `labels` are names with commas between. A name is
    one whatever its case, once among templates and once among signatures."""

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("organization_id", "kind", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), info=plain()
    )
    kind: Mapped[str] = mapped_column(info=plain("post | signature", back=one_of(*KINDS)))
    name: Mapped[str] = mapped_column(
        info=content(Category.WORKFLOW, why="to find it by", back=text_of(LONGEST))
    )
    folded: Mapped[str] = mapped_column(
        info=content(Category.WORKFLOW, why="the name without case", back=text_of(3 * LONGEST))
    )
    text: Mapped[str] = mapped_column(
        info=content(
            Category.TEXT, why="words that your posts begin or end with", back=text_of(JOINED)
        )
    )
    comment: Mapped[str] = mapped_column(
        info=content(
            Category.TEXT, why="the first comment to begin with", back=text_of(LONGEST_TEXT)
        )
    )
    labels: Mapped[str] = mapped_column(
        info=content(Category.WORKFLOW, why="the labels to begin with", back=text_of(MOST_LABELS))
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())

    channels: Mapped[list[TemplateChannel]] = relationship(cascade="all, delete-orphan")

    @classmethod
    def of(cls, member: Membership) -> Select["Template"]:
        ours = select(cls).where(cls.organization_id == member.organization_id)
        return ours.order_by(cls.kind, cls.folded)

    @property
    def words(self) -> Words:
        return Words(tuple(cut_thread(self.text)), self.comment)

    @property
    def label_names(self) -> list[str]:
        return [name for one in self.labels.split(",") if (name := tidy(one))]

    @property
    def channel_ids(self) -> set[int]:
        return {one.channel_id for one in self.channels}


class Named(NamedTuple):
    """One of them to choose from."""

    id: int
    kind: str
    name: str


@dataclass(frozen=True)
class Content:
    """What one holds; `channels` are ids of the organisation's own."""

    name: str
    words: Words
    labels: tuple[str, ...] = ()
    channels: Collection[int] = ()


def named(member: Membership) -> list[Named]:
    """All of them, without their words."""
    chosen = Template.of(member).with_only_columns(Template.id, Template.kind, Template.name)
    return [Named(*row) for row in db.session.execute(chosen)]


def find(member: Membership, id: int, kind: str | None = None) -> Template | None:
    chosen = Template.of(member).where(Template.id == id)
    return db.session.scalar(chosen.where(Template.kind == kind) if kind else chosen)


def make(member: Membership, kind: str, given: Content, now: datetime) -> Template | str:
    """Or why not: there is no room for another one, or one of its kind has the name."""
    ours = select(func.count()).where(Template.organization_id == member.organization_id)
    if (db.session.scalar(ours) or 0) >= MOST:
        return FULL
    made = Template(organization_id=member.organization_id, kind=kind, created_at=now)
    return change(made, given) or made


def change(one: Template, given: Content) -> str:
    """Why not, and nothing changed: another one of its kind has the name, also when both come at the
    same moment; '' when it was."""
    try:
        with db.session.begin_nested():
            one.name, one.folded = tidy(given.name), fold(given.name)
            one.text, one.comment = join_thread(given.words.parts), given.words.comment
            one.labels = BETWEEN.join(given.labels)
            known = {there.channel_id: there for there in one.channels}
            one.channels = [
                known.get(id) or TemplateChannel(channel_id=id) for id in sorted(given.channels)
            ]
            db.session.add(one)
    except IntegrityError:
        return TAKEN
    return ""


def remove(found: Template) -> None:
    """Posts that began with it stay as they are."""
    db.session.delete(found)
