"""The session of somebody who has proven who they are."""

from datetime import datetime

from flask import session
from flask_login import login_user

from app.account.models import User


def enter(user: User, now: datetime) -> None:
    """Begin a session: whatever the browser held before is forgotten, the id is new."""
    session.clear()
    login_user(user)
    confirmed(now)


def confirmed(now: datetime) -> None:
    """The person has just proven who they are; see `app.web.fresh`."""
    session["signed_in_at"] = now.isoformat()
    session.rotate()  # type: ignore[attr-defined]
