"""Second factors together: which a person has, proving one, and what taking one away may not do."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from app.account import authenticator, passkeys, recovery
from app.account.models import User
from app.db import db

APP, CODE = "app", "code"
LAST_WAY_IN = (
    "You have no password. Keep two passkeys, or one and unused recovery codes, or set a password."
)


@dataclass(frozen=True)
class Factors:
    """What a person can prove themselves with, beside the password."""

    has_app: bool
    passkeys: int
    codes: int

    @property
    def any(self) -> bool:
        return self.has_app or self.passkeys > 0

    @property
    def may_stand_alone(self) -> bool:
        """Enough to sign in without a password, also when one of them is lost."""
        return self.passkeys >= 2 or (self.passkeys == 1 and self.codes > 0)


def of(user: User) -> Factors:
    return Factors(
        has_app=authenticator.confirmed(user) is not None,
        passkeys=len(passkeys.of(user)),
        codes=recovery.left(user),
    )


def has_second(user: User) -> bool:
    """One statement, for where it is asked often."""
    app, key = authenticator.rows, passkeys.rows
    with_app = exists().where(app.c.user_id == user.id, app.c.confirmed_at.is_not(None))
    with_key = exists().where(key.c.user_id == user.id)
    return bool(db.session.scalar(select(with_app | with_key)))


def prove(user: User, typed: str, now: datetime) -> str | None:
    """Uses up a code of the app or a recovery code; which of them it was, or None."""
    if len(figures := "".join(typed.split())) == 6 and figures.isdecimal():
        app = authenticator.confirmed(user)
        return APP if app and app.accepts(figures, now) else None
    return CODE if recovery.spend(user, typed, now) else None


def may_lose_passkey(user: User) -> bool:
    """Would there still be a way in, with one passkey less?"""
    now = of(user)
    return bool(user.password_hash) or Factors(False, now.passkeys - 1, now.codes).may_stand_alone
