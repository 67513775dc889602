"""What was done with a person's account, read from the audit trail, and what they were told of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.account import alerts
from app.account.models import User
from app.audit.actions import ACTIONS, PERSONAL
from app.audit.models import details, events
from app.db import db
from app.scope import across_organizations

KEPT = timedelta(days=90)
MOST = 200
BAD = {"account.sign_in_failed", "account.second_factor_failed"}
SHOWN = {"new_device", "code_used", *alerts.FOR_OPERATOR}  # the others stand in the trail
COPIES = ("export.fetched", "audit.exported")


@dataclass(frozen=True)
class Entry:
    """One thing that happened, or several of a kind in a row."""

    at: datetime
    words: str
    is_bad: bool = False
    by: str = ""  # another person's name; empty when it was oneself, or nobody knows
    device: str = ""
    network: str = ""
    times: int = 1


def of(user: User, now: datetime) -> list[Entry]:
    """Newest first."""
    found = _events(user, now - KEPT)
    names = _names(found) | {user.id: ""}
    done = [
        Entry(row.at, ACTIONS[row.action], row.action in BAD, names.get(row.actor_id, ""))
        for row in found
    ]
    told = [
        Entry(one.created_at, one.meaning.words, True, "", one.device or "", one.network or "")
        for one in alerts.about_person(user, now - KEPT)
        if one.kind in SHOWN
    ]
    return _in_rows(sorted(done + told, key=lambda entry: entry.at, reverse=True))


@across_organizations("a person's own events stand in several")
def _events(user: User, since: datetime) -> Sequence[Any]:
    is_own = and_(details.c.actor_id == user.id, events.c.action.in_(PERSONAL))
    chosen = (
        select(events.c.at, events.c.action, details.c.actor_id)
        .join(details, details.c.number == events.c.number)
        .where(or_(is_own, details.c.subject_id == user.id), events.c.at >= since)
        .order_by(events.c.number.desc())
        .limit(MOST)
    )
    found: Sequence[Any] = db.session.execute(chosen).all()
    return found


def _names(found: Sequence[Any]) -> dict[int | None, str]:
    ids = {row.actor_id for row in found if row.actor_id}
    return {user.id: user.name for user in db.session.scalars(select(User).where(User.id.in_(ids)))}


def _in_rows(entries: list[Entry]) -> list[Entry]:
    """The same thing again and again on a day is one line with a number."""
    lines: list[Entry] = []
    for entry in entries:
        last = lines[-1] if lines else None
        if (
            last
            and replace(last, at=entry.at, times=1) == entry
            and last.at.date() == entry.at.date()
        ):
            lines[-1] = replace(last, times=last.times + 1)
        else:
            lines.append(entry)
    return lines


@across_organizations("a person's own events stand in several")
def copies_since(user: User, since: datetime) -> int:
    """How many copies of data a person has taken."""
    taken = (
        select(func.count())
        .select_from(events.join(details, details.c.number == events.c.number))
        .where(details.c.actor_id == user.id, events.c.action.in_(COPIES), events.c.at >= since)
    )
    return db.session.scalar(taken) or 0
