"""Links by which people without an account read a report: one month or the last 30 days, of all
channels or of one. Whoever has the link may read, so it ends by itself, and at once when it is
taken back; only a hash of it is kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account import open_links
from app.account.models import Membership, User
from app.account.tokens import digest
from app.channels.models import Channel
from app.datamap import Category, Erase, Retention, Subject, link, plain, secret
from app.db import Model, db, table
from app.scope import across_organizations

DAYS = (7, 30, 90)  # that a link can be good for
ROLLING = ""  # no month: the last 30 days, whenever it is read


class ReportLink(Model):
    """What a link opens. The row goes by the retention rule once it is out of time."""

    __tablename__ = "report_link"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"),
        index=True,
        info=plain("empty for all of them"),
    )
    made_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        index=True,
        info=link(Subject.ACTOR, why="to say who made it", erase=Erase.NULL),
    )
    month: Mapped[str] = mapped_column(info=plain("YYYY-MM, or empty for the last 30 days"))
    token_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the link to a report",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
        ),
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    expires_at: Mapped[datetime] = mapped_column(
        index=True, info=plain("moved to now when it is taken back")
    )

    channel: Mapped[Channel | None] = relationship()
    made_by: Mapped[User | None] = relationship()


rows = table(ReportLink)


@dataclass(frozen=True)
class Opened:
    """What may be read by a link."""

    organization_id: int
    channel_id: int | None
    month: str
    expires_at: datetime


def make(
    member: Membership, channel_id: int | None, month: str, days: int, now: datetime
) -> tuple[ReportLink, str]:
    """The row and the link's text, which is given out once. Raises open_links.Full."""
    open_links.check_room(ReportLink, member, now)
    text = secrets.token_urlsafe(32)
    made = ReportLink(
        organization_id=member.organization_id,
        channel_id=channel_id,
        made_by_id=member.user_id,
        month=month,
        token_hash=digest(text),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(made)
    db.session.flush()
    return made, text


def address(text: str) -> str:
    """Where the report is read."""
    return f"{current_app.config['SETTINGS'].base_url}/reports/{text}"


@across_organizations("a link says whose report it opens")
def read(text: str, now: datetime) -> Opened | None:
    """None alike for one that never was, was taken back or is out of time."""
    chosen = select(
        rows.c.organization_id, rows.c.channel_id, rows.c.month, rows.c.expires_at
    ).where(rows.c.token_hash == digest(text), rows.c.expires_at > now)
    found = db.session.execute(chosen).one_or_none()
    return Opened(*found) if found else None
