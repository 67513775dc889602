"""How many reports an organisation made this month: files and links count; looking, printing and the
mails that members get do not."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from app.account import allowances
from app.datamap import plain
from app.db import Model, db, inserting, table

MADE = "exports"  # the quota


class ReportCount(Model):
    """One row for each month in which one was made."""

    __tablename__ = "report_count"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    month: Mapped[str] = mapped_column(primary_key=True, info=plain("YYYY-MM in UTC"))
    made: Mapped[int] = mapped_column(info=plain("reports made in it"))


counts = table(ReportCount)


def month_of(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m}"


def made(organization_id: int, now: datetime) -> int:
    """How many this month."""
    chosen = select(counts.c.made).where(
        counts.c.organization_id == organization_id, counts.c.month == month_of(now)
    )
    return db.session.scalar(chosen) or 0


def take(organization_id: int, now: datetime) -> str:
    """Count one more. Why there is no room for it and which plan helps; empty when it was counted.
    The caller commits."""
    most = allowances.of(organization_id).exports
    first = {"organization_id": organization_id, "month": month_of(now), "made": 1}
    room = None if most is None else counts.c.made < most
    counted = (
        inserting(counts)
        .values(first)
        .on_conflict_do_update(
            index_elements=["organization_id", "month"],
            set_={"made": counts.c.made + 1},
            where=room,
        )
        .returning(counts.c.made)
    )
    if most != 0 and db.session.execute(counted).first():
        return ""
    words = allowances.refuse(organization_id, MADE, made(organization_id, now) + 1)
    return f"{words} The next month begins at midnight UTC."
