"""Series: a post that comes again, the rule for it, and its dates."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Date, ForeignKey, Select, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership, Organization
from app.datamap import plain
from app.db import Model, db
from app.scheduler.models import Post
from app.scheduler.rules import Rule

OPEN, MADE, SKIPPED = "open", "made", "skipped"


class Recurrence(Model):
    """Made of a post: the words are those of its pattern, one of the series' own posts."""

    __tablename__ = "recurrence"
    __table_args__ = (
        CheckConstraint("every > 0", name="every"),
        CheckConstraint("unit IN ('day','week','month','slot')", name="unit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    pattern_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="SET NULL"), index=True, info=plain()
    )
    unit: Mapped[str] = mapped_column(info=plain("day | week | month | slot"))
    every: Mapped[int] = mapped_column(info=plain("so many of the unit"))
    weekdays: Mapped[str] = mapped_column(info=plain("of weeks: digits from 0, a Monday"))
    month_day: Mapped[int] = mapped_column(info=plain("of months; 0 is the last day"))
    wall_time: Mapped[str] = mapped_column(info=plain("HH:MM there"))
    zone: Mapped[str] = mapped_column(info=plain("whose wall"))
    starts_on: Mapped[date] = mapped_column(Date, info=plain("what every is counted from"))
    ends_on: Mapped[date | None] = mapped_column(Date, info=plain())
    count: Mapped[int | None] = mapped_column(info=plain("dates at most"))
    ended_at: Mapped[datetime | None] = mapped_column(info=plain("when somebody ended it"))
    trouble: Mapped[str] = mapped_column(info=plain("why the next post could not be made"))

    pattern: Mapped[Post | None] = relationship()
    organization: Mapped[Organization] = relationship()
    occurrences: Mapped[list["Occurrence"]] = relationship(
        back_populates="recurrence", order_by="Occurrence.occurs_on"
    )

    @classmethod
    def of(cls, member: Membership) -> Select["Recurrence"]:
        ours = select(cls).where(cls.organization_id == member.organization_id)
        return ours.order_by(cls.ended_at.is_not(None), cls.id.desc())

    @property
    def rule(self) -> Rule:
        return Rule(
            self.unit,
            self.every,
            time.fromisoformat(self.wall_time),
            ZoneInfo(self.zone),
            self.starts_on,
            frozenset(int(one) for one in self.weekdays),
            self.month_day,
            self.ends_on,
            self.count,
        )


class Occurrence(Model):
    """A date of a series. Only one row may stand for it, so that no date becomes two posts."""

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("recurrence_id", "occurs_on"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    recurrence_id: Mapped[int] = mapped_column(
        ForeignKey("recurrence.id", ondelete="CASCADE"), info=plain()
    )
    post_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="SET NULL"), unique=True, info=plain()
    )
    occurs_on: Mapped[date] = mapped_column(Date, info=plain("the date there"))
    state: Mapped[str] = mapped_column(info=plain("open | made | skipped"))
    is_own: Mapped[bool] = mapped_column(
        default=False, server_default=false(), info=plain("changed by itself, so it stays as it is")
    )

    recurrence: Mapped[Recurrence] = relationship(back_populates="occurrences")
    post: Mapped[Post | None] = relationship()


def occurrence_of(post: Post) -> Occurrence | None:
    ours = Occurrence.organization_id == post.organization_id
    return db.session.scalar(select(Occurrence).where(ours, Occurrence.post_id == post.id))


def in_series(post: Post) -> Occurrence | None:
    """Its date in a series that goes on."""
    mine = occurrence_of(post)
    return mine if mine and not mine.recurrence.ended_at else None


def find(member: Membership, id: int) -> Recurrence | None:
    return db.session.scalar(Recurrence.of(member).where(Recurrence.id == id))


def from_rule(post: Post, rule: Rule) -> Recurrence:
    return Recurrence(
        organization_id=post.organization_id,
        pattern_id=post.id,
        unit=rule.unit,
        every=rule.every,
        weekdays="".join(map(str, sorted(rule.weekdays))),
        month_day=rule.month_day,
        wall_time=f"{rule.wall:%H:%M}",
        zone=rule.zone.key,
        starts_on=rule.starts_on,
        ends_on=rule.ends_on,
        count=rule.count,
        trouble="",
    )
