"""What telemetry keeps: who a person is to the recipients, and what they were sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import Basis, Category, Purpose, Retention, Subject, link, personal, plain
from app.db import Model

SENTRY, POSTHOG = "sentry", "posthog"
WAITING, SENT, UNSURE = "waiting", "sent", "unsure"


class TelemetryPerson(Model):
    """A person's part in telemetry; no row: product analytics never allowed, no objection."""

    __tablename__ = "telemetry_person"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, info=link(Subject.OWNER)
    )
    distinct_id: Mapped[str | None] = mapped_column(
        unique=True,
        info=personal(
            Category.TELEMETRY,
            why="a random name that product events carry instead of yours; another one each time"
            " you allow them, gone when you withdraw",
            purpose=Purpose.IMPROVE,
            basis=Basis.CONSENT,
        ),
    )
    objected_at: Mapped[datetime | None] = mapped_column(
        info=personal(
            Category.REQUEST,
            why="to heed that you object to error reports that concern you",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
        )
    )


class TelemetryRecord(Model):
    """One thing that was, or waits to be, sent about a person: the text itself."""

    __tablename__ = "telemetry_record"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    recipient: Mapped[str] = mapped_column(info=plain("sentry | posthog"))
    host: Mapped[str] = mapped_column(info=plain("where it went"))
    name: Mapped[str] = mapped_column(info=plain("the event's name in the registry, or error"))
    payload: Mapped[str] = mapped_column(
        info=personal(
            Category.TELEMETRY,
            why="to show you, letter by letter, what was sent about you",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            retention=Retention.TELEMETRY,
        )
    )
    state: Mapped[str] = mapped_column(
        index=True, info=plain("waiting | sent | unsure: sent, but no answer came")
    )
    made_at: Mapped[datetime] = mapped_column(index=True, info=plain())
    sent_at: Mapped[datetime | None] = mapped_column(info=plain("null while it waits"))

    @classmethod
    def of(cls, user_id: int) -> Select["TelemetryRecord"]:
        return select(cls).where(cls.user_id == user_id).order_by(cls.id.desc())
