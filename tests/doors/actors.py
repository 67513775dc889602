"""Who asks. `column` is the one of expected.csv; a role answers alike in either organisation."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert

from app.account.models import Membership, Organization, User
from app.account.tokens import LoginSession, digest
from app.db import db, table

ORCHARD, ELSEWHERE = "Orchard", "Elsewhere"
COLUMNS = (
    "anonymous", "unverified", "owner", "admin", "editor", "approver", "viewer", "both", "removed",
    "operator", "stale",
)  # fmt: skip
ROLES = ("owner", "admin", "editor", "approver", "viewer")


@dataclass(frozen=True)
class Part:
    """A person to be made: where they belong, the last one being where they act."""

    name: str
    column: str
    belongs: tuple[tuple[str, str], ...] = ()
    is_verified: bool = True
    is_operator: bool = False
    is_stale: bool = False


PARTS = (
    *(Part(f"{role} of {home}", role, ((home, role),)) for home in (ORCHARD, ELSEWHERE) for role in ROLES),
    Part("second owner of Elsewhere", "owner", ((ELSEWHERE, "owner"),)),
    Part("unverified", "unverified", ((ORCHARD, "admin"),), is_verified=False),
    Part("both", "both", ((ORCHARD, "owner"), (ELSEWHERE, "editor"))),
    Part("removed", "removed"),
    Part("operator", "operator", ((ELSEWHERE, "viewer"),), is_operator=True),
    Part("stale", "stale", ((ORCHARD, "owner"),), is_stale=True),
)  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """Somebody with a session, or nobody. `home` is the organisation whose things are their own."""

    name: str
    column: str
    role: str
    home: str
    user_id: int | None = None
    cookie: str = ""

    def __str__(self) -> str:
        return self.name


ANONYMOUS = Actor("anonymous", "anonymous", "", ORCHARD)


def enrol(part: Part, homes: dict[str, Organization], password_hash: str, now: datetime) -> Actor:
    """The person, their memberships, and a session that was begun just now, or too long ago."""
    user = User(
        email=f"{part.name.replace(' ', '-').lower()}@doors.example",
        name=part.name.title(),
        password_hash=password_hash,
        timezone="Europe/Berlin",
        is_operator=part.is_operator,
        email_verified_at=now if part.is_verified else None,
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    for home, role in part.belongs:
        member = Membership(
            user_id=user.id, organization_id=homes[home].id, role=role, joined_at=now
        )
        db.session.add(member)
    home, role = part.belongs[-1] if part.belongs else (ORCHARD, "")
    values = {"organization_id": homes[home].id} if part.belongs else {}
    proven = now - timedelta(hours=1) if part.is_stale else now + timedelta(hours=1)
    cookie = begin_session(user.id, values | {"signed_in_at": proven.isoformat()}, now)[1]
    return Actor(part.name, part.column, role, home, user.id, cookie)


def begin_session(user_id: int, values: dict[str, object], now: datetime) -> tuple[int, str]:
    """A session's row and the cookie that it answers to."""
    token = secrets.token_urlsafe(32)
    row = {"token_hash": digest(token), "user_id": user_id, "values": values}
    row |= {"device": "Firefox on Linux", "network": "127.0.0.0/24"}
    made = insert(table(LoginSession)).values(**row, created_at=now, used_at=now)
    id: int = db.session.scalar(made.returning(table(LoginSession).c.id))  # type: ignore[assignment]
    return id, token
