"""The session of somebody who has proven who they are, or half of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import session
from flask_login import login_user

from app.account.models import User
from app.account.sessions import stamp
from app.db import db

WAIT = timedelta(minutes=10)  # for the second factor, after the password


def enter(user: User, now: datetime, proof: str = "") -> None:
    """Begin a session: whatever the browser held before is forgotten, the id is new."""
    session.clear()
    session.begin(proof or stamp(user.password_hash))  # type: ignore[attr-defined]
    login_user(user)
    confirmed(now)


def confirmed(now: datetime) -> None:
    """The person has just proven who they are; see `app.web.fresh`."""
    session["signed_in_at"] = now.isoformat()
    session.rotate()  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Awaited:
    """Who gave the right password and owes the second factor; where they wanted to go."""

    user: User
    next: str
    typed: str
    proof: str


def wait_for_factor(user: User, next: str, typed: str, now: datetime, proof: str) -> None:
    """The password was right; nobody is signed in until the second factor is, too."""
    session.clear()
    session["awaited"] = {
        "user": user.id,
        "password": proof,
        "at": now.isoformat(),
        "next": next,
        "typed": typed,
    }
    session.begin()  # type: ignore[attr-defined]


def awaited(now: datetime) -> Awaited | None:
    """None when too long ago, or when the password was changed meanwhile."""
    kept = session.get("awaited")
    if not kept or now - datetime.fromisoformat(kept["at"]) > WAIT:
        return None
    user = db.session.get(User, kept["user"])
    if not user or stamp(user.password_hash) != kept["password"]:
        return None
    return Awaited(user, kept["next"], kept["typed"], kept["password"])
