"""Accounts that an operator makes: no password is set, a one-time link chooses it."""

from datetime import datetime

from app.account.models import User, fold
from app.account.signup import found
from app.account.tokens import OneTimeToken
from app.db import db

MINUTES = 24 * 60


def enrol(email: str, name: str, *, operator: bool, now: datetime) -> str:
    """The path of a link, good for a day, that lets the person choose a password."""
    user = User.by_email(email)
    if user is None:
        user = User(email=fold(email), name=name, created_at=now)
        db.session.add(user)
        db.session.flush()
        found(user, f"{name}'s organisation", now)
    user.is_operator = user.is_operator or operator
    return f"/password/reset/{OneTimeToken.issue(user, 'password', now, MINUTES)}"
