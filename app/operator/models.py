"""What the desk itself keeps: who of us looked at whom, and what went wrong."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import User
from app.datamap import (
    Basis,
    Category,
    Erase,
    Purpose,
    Retention,
    Subject,
    link,
    part,
    personal,
    plain,
)
from app.db import Model
from app.keyed import Keyed

CLOCK = timedelta(hours=72)  # GDPR art. 33(1), from when we became aware
OPEN_FOR = timedelta(minutes=30)  # how long a look lasts; after it a new reason is typed


class Look(Model):
    """One of us looked at what is held about a person, and said why. The person sees it."""

    __tablename__ = "operator_look"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    operator_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        index=True,
        info=link(Subject.ACTOR, why="who of us looked", erase=Erase.NULL),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    batch: Mapped[str] = mapped_column(index=True, info=plain("one search found these together"))
    reason: Mapped[str] = mapped_column(
        info=personal(
            Category.AUDIT,
            why="so that you can see why one of us looked at your data",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.AUDIT,
        )
    )
    at: Mapped[datetime] = mapped_column(info=plain())

    operator: Mapped[User | None] = relationship(foreign_keys=[operator_id])
    user: Mapped[User] = relationship(foreign_keys=[user_id])

    @classmethod
    def at_person(cls, user: User) -> Select["Look"]:
        return select(cls).where(cls.user_id == user.id).order_by(cls.id.desc())


STEPS = {
    "contained": "Contained: it can't get worse",
    "assessed": "Assessed: what was reached, and what that means for people",
    "notified": "Authority told",
    "told": "People told",
    "closed": "Closed",
}
RISKS = {
    "none": "Unlikely to harm anybody: note it here, nobody has to be told",
    "risk": "A risk for people: tell the authority within 72 hours (art. 33)",
    "high": "A high risk: tell the authority and the people themselves (art. 34)",
}


class Incident(Model):
    """The register of art. 33(5): kept for every breach, also for one that nobody is told of."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    title: Mapped[str] = mapped_column(info=plain("what happened, without names"))
    summary: Mapped[str] = mapped_column(info=plain("facts, effects and measures, without names"))
    opened_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        info=link(Subject.ACTOR, why="who of us wrote it down", erase=Erase.NULL),
    )
    found_at: Mapped[datetime] = mapped_column(index=True, info=plain("the 72 hours start here"))
    contained_at: Mapped[datetime | None] = mapped_column(info=plain())
    assessed_at: Mapped[datetime | None] = mapped_column(info=plain())
    notified_at: Mapped[datetime | None] = mapped_column(info=plain("the authority"))
    told_at: Mapped[datetime | None] = mapped_column(info=plain("the people"))
    closed_at: Mapped[datetime | None] = mapped_column(info=plain())
    risk: Mapped[str | None] = mapped_column(info=plain(" | ".join(RISKS)))
    reached: Mapped[list[str]] = mapped_column(
        Keyed(), default=list, info=plain("names of tables and kinds of secrets")
    )
    measured: Mapped[dict[str, Any]] = mapped_column(
        Keyed("people", "addresses", "kinds"),
        default=dict,
        info=plain("counts by category when it was assessed"),
    )
    notice: Mapped[str | None] = mapped_column(info=plain("what the people are told"))

    notices: Mapped[list["IncidentNotice"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def deadline(self) -> datetime:
        return self.found_at + CLOCK

    @property
    def must_notify(self) -> bool:
        """Until it is assessed, assume so."""
        return self.risk != "none" and self.notified_at is None and self.closed_at is None


class IncidentNotice(Model):
    """One person, or one address of somebody without an account, to be told of an incident."""

    __tablename__ = "incident_notice"
    __table_args__ = (
        UniqueConstraint("incident_id", "user_id"),
        UniqueConstraint("incident_id", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    incident_id: Mapped[int] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), index=True, info=part()
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    email: Mapped[str | None] = mapped_column(
        info=personal(
            Category.EMAIL,
            why="to tell you of an incident that concerns what we hold of this address",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            retention=Retention.INCIDENT,
            by_address=True,
        )
    )
    sent_at: Mapped[datetime | None] = mapped_column(info=plain())

    incident: Mapped[Incident] = relationship(back_populates="notices")
    user: Mapped[User | None] = relationship()
