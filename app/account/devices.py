"""Which devices a person signs in from: known again by a keyed hash, without a second cookie."""

import hmac
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.account import alerts
from app.account.models import User
from app.account.visits import Visit
from app.datamap import Basis, Category, Purpose, Retention, Subject, link, personal, plain
from app.db import Model, db, inserting, table

FORGOTTEN = timedelta(days=90)


class KnownDevice(Model):
    """A kind of browser on one network that a person has signed in from; both only as a hash."""

    __tablename__ = "known_device"
    __table_args__ = (UniqueConstraint("user_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    fingerprint: Mapped[str] = mapped_column(
        info=personal(
            Category.DEVICE_AGENT,
            why="to tell you when somebody signs in from elsewhere; a keyed hash",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.ADDRESS,
        )
    )
    seen_at: Mapped[datetime] = mapped_column(info=plain("forgotten 90 days after this"))


rows = table(KnownDevice)


def fingerprint(user: User, where: Visit) -> str:
    secret = current_app.config["SETTINGS"].secret_key.encode()
    words = f"device\n{user.id}\n{where.device}\n{where.network}"
    return hmac.digest(secret, words.encode(), "sha256").hex()


def is_known(user: User, where: Visit, now: datetime) -> bool:
    seen = select(rows.c.id).where(
        rows.c.user_id == user.id,
        rows.c.fingerprint == fingerprint(user, where),
        rows.c.seen_at > now - FORGOTTEN,
    )
    return db.session.scalar(seen) is not None


def remember(user: User, where: Visit, now: datetime) -> None:
    """The person signs in from here; what was not seen for long is forgotten."""
    mine = rows.c.user_id == user.id
    db.session.execute(delete(rows).where(mine, rows.c.seen_at <= now - FORGOTTEN))
    values = {"user_id": user.id, "fingerprint": fingerprint(user, where), "seen_at": now}
    seen = inserting(rows).values(values)
    again = seen.on_conflict_do_update(
        index_elements=["user_id", "fingerprint"], set_={"seen_at": now}
    )
    db.session.execute(again)


def recognise(user: User, where: Visit, now: datetime) -> int | None:
    """Remember this device; the id of an alert when it was not known."""
    is_new = not is_known(user, where, now)
    remember(user, where, now)
    return alerts.tell_now("new_device", user, where, now) if is_new else None
