"""What stands for a person for a while: sessions and one-time links. Only hashes are kept."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import CursorResult, ForeignKey, Select, false, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import User
from app.datamap import (
    Basis,
    Category,
    Erase,
    Purpose,
    Retention,
    Subject,
    link,
    personal,
    plain,
    secret,
)
from app.db import Model, db, table
from app.keyed import Keyed


class LoginSession(Model):
    """What the one cookie stands for. The cookie's value itself is never stored."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    token_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SESSION,
            why="to recognise your browser",
            at_rest="hashed",
            retention=Retention.SESSION,
        ),
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    values: Mapped[dict[str, Any]] = mapped_column(
        Keyed(
            "csrf_token",
            "_flashes",
            "_fresh",
            "signed_in_at",
            "typed",
            "awaited",
            "challenge",
            "codes",
            "feed_link",
            "report_link",
            "client_link",
            "organization_id",
            "moved",
            "_id",
        ),
        info=plain(
            "csrf_token, _flashes, _fresh, signed_in_at, typed (a form kept over a sign-in), awaited"
            " (who owes a second factor), challenge (of a passkey), codes, report_link and client_link"
            " (sealed, until shown), moved (the post that was moved last in the calendar, and its time before)"
        ),
    )
    device: Mapped[str] = mapped_column(
        info=personal(
            Category.DEVICE_AGENT,
            why="so that you can tell your sessions apart",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.ADDRESS,
        )
    )
    network: Mapped[str] = mapped_column(
        info=personal(
            Category.DEVICE_NETWORK,
            why="the network (not the address) that a session came from",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.ADDRESS,
        )
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    used_at: Mapped[datetime] = mapped_column(
        index=True,
        info=personal(
            Category.SESSION,
            why="to end sessions that nobody uses",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.SESSION,
        ),
    )

    renew: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        info=plain("gets a new id at its next request, because a role has changed"),
    )

    @classmethod
    def of(cls, user: User) -> Select["LoginSession"]:
        return select(cls).where(cls.user_id == user.id).order_by(cls.used_at.desc())


EMAIL = "email"  # a link to an address that is not the person's yet


class OneTimeToken(Model):
    """A link in a mail: bound to a person, a purpose and, for addresses, to that address."""

    __tablename__ = "one_time_token"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    purpose: Mapped[str] = mapped_column(info=plain("verify | password | email"))
    token_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the link that we mailed",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
        ),
    )
    email: Mapped[str] = mapped_column(
        info=personal(
            Category.EMAIL,
            why="the link counts for the address that it went to",
            retention=Retention.ONE_TIME,
            erase=Erase.DELETE_ROW,
        )
    )
    expires_at: Mapped[datetime] = mapped_column(info=plain())
    used_at: Mapped[datetime | None] = mapped_column(info=plain())

    @classmethod
    def issue(cls, user: User, purpose: str, now: datetime, minutes: int) -> str:
        """Make a token; its text is returned once and stored only as a hash."""
        return cls.prepare(user, purpose, user.email, now, minutes).renew()

    @classmethod
    def prepare(
        cls, user: User, purpose: str, email: str, now: datetime, minutes: int
    ) -> "OneTimeToken":
        """A token that nobody knows the text of yet; `renew` gives it out."""
        token = cls(
            user_id=user.id,
            purpose=purpose,
            token_hash=digest(secrets.token_urlsafe(32)),
            email=email,
            expires_at=now + timedelta(minutes=minutes),
        )
        db.session.add(token)
        return token

    def renew(self) -> str:
        """A fresh text; an earlier one is dead."""
        text = secrets.token_urlsafe(32)
        self.token_hash = digest(text)
        return text

    def spend(self, now: datetime) -> bool:
        """Use the link up; False when somebody was faster."""
        free = update(links).where(links.c.id == self.id, links.c.used_at.is_(None))
        spent: CursorResult[Any] = db.session.execute(free.values(used_at=now))  # type: ignore[assignment]
        return bool(spent.rowcount)

    @classmethod
    def spend_all(cls, user: User, purpose: str, now: datetime) -> None:
        """Links of one purpose that are still under way to a person count no more."""
        mine = update(links).where(links.c.user_id == user.id, links.c.purpose == purpose)
        db.session.execute(mine.where(links.c.used_at.is_(None)).values(used_at=now))

    @classmethod
    def valid(cls, text: str, purpose: str, now: datetime) -> "OneTimeToken | None":
        found = db.session.scalar(select(cls).where(cls.token_hash == digest(text)))
        if found and found.purpose == purpose and not found.used_at and found.expires_at > now:
            owner = db.session.get(User, found.user_id)
            return found if owner and (owner.email == found.email or purpose == EMAIL) else None
        return None


links = table(OneTimeToken)


def digest(token: str) -> str:
    """Random 256-bit tokens need no slow hash."""
    return sha256(token.encode()).hexdigest()
