"""What an operator does for people: an account, or a way back in. A one-time link chooses a password."""

from datetime import datetime

from app.account import authenticator, passkeys, recovery, sessions
from app.account.models import User, fold
from app.account.signup import found
from app.account.tokens import OneTimeToken
from app.db import db

MINUTES = 24 * 60


def enrol(email: str, name: str, *, operator: bool, now: datetime) -> str:
    """The path of a link, good for a day, that lets the person choose a password."""
    user = User.by_email(email)
    if user is None:
        user = open_account(email, name, now)
        found(user, f"{name}'s organisation", now)
    user.is_operator = user.is_operator or operator
    return password_link(user, now)


def open_account(email: str, name: str, now: datetime) -> User:
    """Of somebody new; a link chooses the password."""
    user = User(email=fold(email), name=name, created_at=now)
    db.session.add(user)
    db.session.flush()
    return user


def release(user: User, now: datetime) -> str:
    """Everything that the person proved themselves with was lost: factors, codes and sessions go.
    The path of a link, good for a day, that lets them choose a password."""
    authenticator.forget(user)
    recovery.forget(user)
    for key in passkeys.of(user):
        db.session.delete(key)
    sessions.revoke(user.id)
    return password_link(user, now)


def password_link(user: User, now: datetime) -> str:
    return f"/password/reset/{OneTimeToken.issue(user, 'password', now, MINUTES)}"
