"""Restriction (GDPR art. 18): data are kept and nothing else. The person still sees, copies and deletes
them; nothing is published with channels that they connected, nothing is counted or reported of them."""

from datetime import datetime

from sqlalchemy import select

from app.account.models import User
from app.db import db, read_only

WORDS = "Your data are restricted: they are kept and not used. Lift it under Your privacy to go on working."


def restrict(user: User, now: datetime) -> None:
    """From this moment on; asked for twice, the first time counts."""
    user.restricted_at = user.restricted_at or now


def lift(user: User) -> None:
    user.restricted_at = None


def is_restricted(person_id: int) -> bool:
    """For whoever would send something about the person; of who is unknown nothing is sent. Asked on
    a connection of its own: the session may be what has just broken."""
    with read_only(), db.engine.connect() as connection:
        asked = select(User.restricted_at).where(User.id == person_id)
        since = connection.execute(asked).first()
    return since is None or since[0] is not None
