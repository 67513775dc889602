"""Who wants a report by mail, each week or each month. It is off until a person turns it on for
themselves, stops with one click in any of the mails, and ends when they leave the organisation."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import signing
from app.account.mailable import may_be_mailed
from app.account.models import Membership, Organization, User
from app.datamap import part, plain
from app.db import Model, db, table
from app.scope import across_organizations

OFF, WEEKLY, MONTHLY = "off", "weekly", "monthly"
RHYTHMS = {OFF: "Not by mail", WEEKLY: "Each Monday", MONTHLY: "On the first of each month"}
PURPOSE = "stop reports by mail"
SAID = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})")
NEVER = date(1970, 1, 1)


class ReportMail(Model):
    """Goes with the membership. `sent_on` is the first day of the period that was last sent."""

    __tablename__ = "report_mail"

    membership_id: Mapped[int] = mapped_column(
        ForeignKey("membership.id", ondelete="CASCADE"),
        primary_key=True,
        info=part("who gets it, of which organisation"),
    )
    rhythm: Mapped[str] = mapped_column(info=plain("off | weekly | monthly"))
    sent_on: Mapped[date] = mapped_column(info=plain("begin of the period that was last sent"))

    membership: Mapped[Membership] = relationship()


rows = table(ReportMail)


class Days(NamedTuple):
    """What a mail tells of, both included."""

    first: date
    last: date


def rhythm_of(member: Membership) -> str:
    found = db.session.get(ReportMail, member.id)
    return found.rhythm if found else OFF


def choose(member: Membership, rhythm: str, today: date) -> bool:
    """From the next period on; did it change?"""
    found = db.session.get(ReportMail, member.id)
    if (found.rhythm if found else OFF) == rhythm:
        return False
    found = found or ReportMail(membership_id=member.id)
    found.rhythm = rhythm
    found.sent_on = NEVER if rhythm == OFF else last_whole(rhythm, today).first
    db.session.add(found)
    return True


def last_whole(rhythm: str, today: date) -> Days:
    """The week from Monday on, or the month, that was last over on that day."""
    if rhythm == WEEKLY:
        monday = today - timedelta(days=today.weekday())
        return Days(monday - timedelta(days=7), monday - timedelta(days=1))
    last = today.replace(day=1) - timedelta(days=1)
    return Days(last.replace(day=1), last)


@across_organizations("the clock asks for everybody's reports")
def due(now: datetime) -> list[int]:
    """Memberships to which a period that is over was not sent yet, by the clock on their own wall.
    Not: who has no confirmed address, restricted the use of their data or is about to go."""
    wanting = (
        select(rows.c.membership_id, rows.c.rhythm, rows.c.sent_on, User.timezone)
        .join(Membership, Membership.id == rows.c.membership_id)
        .join(User, User.id == Membership.user_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(rows.c.rhythm != OFF, *may_be_mailed())
    )
    return [
        id
        for id, rhythm, sent_on, zone in db.session.execute(wanting)
        if last_whole(rhythm, _today(now, zone)).first > sent_on
    ]


def claim(membership_id: int, now: datetime) -> tuple[Membership, Days] | None:
    """The member, and the days to tell them of; None when that was sent, or isn't wanted any more.
    Once committed nobody sends these days again: a mail that gets lost is not made up for."""
    chosen = select(ReportMail).join(Membership).join(User).join(Organization)
    found = db.session.scalar(
        chosen.where(
            ReportMail.membership_id == membership_id, ReportMail.rhythm != OFF, *may_be_mailed()
        )
    )
    if found is None:
        return None
    days = last_whole(found.rhythm, _today(now, found.membership.user.timezone))
    unsent = update(rows).where(rows.c.membership_id == membership_id, rows.c.sent_on < days.first)
    taken = db.session.scalar(unsent.values(sent_on=days.first).returning(rows.c.membership_id))
    return (found.membership, days) if taken is not None else None


def stop_token(member: Membership) -> str:
    """For the link in each mail. Nothing is stored, so that the links of all mails go on to work."""
    return signing.token(PURPOSE, f"{member.id}.{member.user_id}")


@across_organizations("a link says whose mails it stops")
def read_stop(token: str) -> ReportMail | None:
    """None for what we did not make, and when the person has left."""
    if not (named := SAID.fullmatch(signing.said_by(PURPOSE, token))):
        return None
    mail = db.session.get(ReportMail, int(named[1]))
    return mail if mail and mail.membership.user_id == int(named[2]) else None


def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
