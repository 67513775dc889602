"""Looking at people: with a reason, for half an hour, on record, and seen by the person."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from app.account.models import User, fold
from app.db import db
from app.operator.models import OPEN_FOR, Look

MOST = 10
SHORTEST = 3


def search(words: str) -> Sequence[User]:
    """People by address or name, at most ten; a search for less than three letters finds nobody."""
    wanted = fold(words)
    if len(wanted) < SHORTEST:
        return []
    matches = or_(
        User.email.icontains(wanted, autoescape=True), User.name.icontains(wanted, autoescape=True)
    )
    exact_first = (User.email == wanted).desc()
    chosen = select(User).where(matches).order_by(exact_first, User.id)
    return db.session.scalars(chosen.limit(MOST)).all()


def look_at(operator: User, people: Sequence[User], reason: str, now: datetime) -> str:
    """Note the look at each; the key under which this search can be opened again."""
    batch = secrets.token_hex(8)
    for person in people:
        db.session.add(
            Look(operator_id=operator.id, user_id=person.id, batch=batch, reason=reason, at=now)
        )
    db.session.flush()
    return batch


def found_in(operator: User, batch: str, now: datetime) -> Sequence[User]:
    """The people of a search that this operator made within the half hour."""
    chosen = select(User).join(Look, Look.user_id == User.id).order_by(Look.id)
    return db.session.scalars(
        chosen.where(Look.operator_id == operator.id, Look.batch == batch, Look.at > now - OPEN_FOR)
    ).all()


def open_look(operator: User, user_id: int, now: datetime) -> Look | None:
    """The reason for which this operator may see this person now."""
    return db.session.scalar(
        select(Look)
        .where(Look.operator_id == operator.id, Look.user_id == user_id, Look.at > now - OPEN_FOR)
        .order_by(Look.id.desc())
        .limit(1)
    )


def note(operator: User, user_id: int, reason: str, now: datetime) -> None:
    """What the desk shows of somebody while working on their request or message. The same reason
    within the half hour is one look."""
    known = select(Look.id).where(
        Look.operator_id == operator.id,
        Look.user_id == user_id,
        Look.reason == reason,
        Look.at > now - OPEN_FOR,
    )
    if db.session.scalar(known.limit(1)) is None:
        made = Look(operator_id=operator.id, user_id=user_id, batch="", reason=reason, at=now)
        db.session.add(made)
