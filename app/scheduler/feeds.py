"""The calendar link of an organisation: whoever has it sees when posts go out, and where. Only a hash
of it is kept; another one takes its place, and none once it is taken back."""

import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import Membership
from app.account.tokens import digest
from app.datamap import Basis, Category, Erase, Retention, plain, secret
from app.db import Model, db
from app.scope import across_organizations


class CalendarFeed(Model):
    """At most one for each organisation."""

    __tablename__ = "calendar_feed"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    token_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the calendar link",
            at_rest="hashed",
            basis=Basis.PROCESSOR,
            retention=Retention.ORGANIZATION,
            erase=Erase.ORGANIZATION,
        ),
    )
    made_at: Mapped[datetime] = mapped_column(info=plain())


def find(member: Membership) -> CalendarFeed | None:
    return db.session.get(CalendarFeed, member.organization_id)


def renew(member: Membership, now: datetime) -> str:
    """The link's text, which is given out once; one that was before opens nothing any more."""
    made = find(member) or CalendarFeed(organization_id=member.organization_id)
    text = secrets.token_urlsafe(32)
    made.token_hash, made.made_at = digest(text), now
    db.session.add(made)
    return text


def revoke(member: Membership) -> bool:
    """False when there was none."""
    if found := find(member):
        db.session.delete(found)
    return found is not None


@across_organizations("a link says whose calendar it opens")
def read(text: str) -> int | None:
    """Whose calendar; None alike for a link that never was and one that was taken back."""
    chosen = select(CalendarFeed.organization_id).where(CalendarFeed.token_hash == digest(text))
    return db.session.scalar(chosen)
