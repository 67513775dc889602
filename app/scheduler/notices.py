"""What a person is told of in the product: what was asked of them, answered, said, or went wrong. A row
holds no words, so it never tells more than the post or the channel that it leads to does now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Select, func, literal, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from app.account.models import Membership, User
from app.channels.models import Channel
from app.datamap import part, plain
from app.db import Model, Moment, db, table
from app.scheduler import mail_choices
from app.scheduler.models import Post
from app.scheduler.notice_kinds import AT_ONCE, DIGEST
from app.scope import across_organizations

PER_PAGE = 50
PLANS = {"plan_choose": "/billing/channels"}  # where else than on the page of the plan


class Notice(Model):
    """One person is told of one thing, once. Without a post or a channel it is about the plan. The row
    goes by the retention rule."""

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
    digest_since: Mapped[datetime | None] = mapped_column(
        index=True, info=plain("since when it waits for your daily mail")
    )

    membership: Mapped[Membership] = relationship()
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
        if not self.post_id:
            return PLANS.get(self.kind, "/billing")
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
    home: int | None = None,
) -> list[User]:
    """A line for each of them who belongs here. The answer is whom a mail goes to at once: what they
    chose is asked here and nowhere else, and who chose the digest finds the line in it. The caller
    commits, then sends. A post, a channel or, for the plan, the organisation `home` is given."""
    about = post or channel
    organization_id = about.organization_id if about else home
    here = Membership.organization_id == organization_id
    named = Membership.user_id.in_([one.id for one in people])
    members = db.session.scalars(
        select(Membership).where(here, named).order_by(Membership.id)
    ).all()
    how = mail_choices.of_each({one.user_id for one in members}, kind)
    same = {"kind": kind, "post_id": post and post.id, "channel_id": channel and channel.id}
    for one in members:
        line = same | {"membership_id": one.id}
        _put(line, now, now if how[one.user_id] == DIGEST else None)
    return [one.user for one in members if how[one.user_id] == AT_ONCE]


def _put(line: Mapping[str, object], now: datetime, waits: datetime | None) -> None:
    """What stands there unread is not said twice: it comes up again, and waits since it did first."""
    there = update(rows).where(
        *(rows.c[name] == value for name, value in line.items()), rows.c.read_at.is_(None)
    )
    since = func.coalesce(rows.c.digest_since, literal(waits, Moment()))
    if db.session.scalar(there.values(at=now, digest_since=since).returning(rows.c.id)) is None:
        db.session.add(Notice(**line, at=now, digest_since=waits))


@across_organizations("a mail leads to what is told in any organisation of the person")
def find(person: User, id: int) -> Notice | None:
    """One of the person's, wherever they are told it."""
    mine = select(Notice).join(Membership).where(Membership.user_id == person.id, Notice.id == id)
    return db.session.scalar(mine.options(joinedload(Notice.membership)))


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
    """All that this person has here, or one; how many were unread. What is read waits for no mail."""
    ours = update(rows).where(rows.c.membership_id == member.id, rows.c.read_at.is_(None))
    chosen = ours if id is None else ours.where(rows.c.id == id)
    return len(
        db.session.scalars(chosen.values(read_at=now, digest_since=None).returning(rows.c.id)).all()
    )
