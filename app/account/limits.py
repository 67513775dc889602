"""How often somebody may try. Counted in the database, so that it also holds without the queue.

Fixed windows; what is counted (an address, a network) is kept only as a keyed hash, and the first
try after a window's end sweeps it away."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import Basis, Category, Export, Purpose, Retention, personal, plain
from app.db import Model, db, inserting, table


@dataclass(frozen=True)
class Limit:
    """At most so many within a window of so many seconds."""

    name: str
    most: int
    seconds: int


SIGN_IN = Limit("sign-in", 10, 15 * 60)  # per address
SIGN_IN_HERE = Limit("sign-in here", 10, 15 * 60)  # per address, kind of device and network
SIGN_IN_NETWORK = Limit("sign-in from", 30, 15 * 60)
CONFIRM = Limit("confirm", 10, 15 * 60)  # per person who is signed in
FACTOR = Limit("factor", 5, 5 * 60)  # codes after the password, per person
SIGN_UP_NETWORK = Limit("sign-up from", 5, 3600)
RESET = Limit("reset", 3, 3600)  # mails per address
RESET_NETWORK = Limit("reset from", 30, 3600)
VERIFY = Limit("verify", 3, 3600)  # mails per person
ADDRESS = Limit("address", 3, 3600)  # changes asked for, per person
CONNECT = Limit("connect", 20, 3600)  # accounts, per organisation
LOOK_UP = Limit("look up", 10, 60)  # questions to servers that people named, per organisation
CLIENT = Limit("client", 60, 3600)  # answers per link to posts
CLIENT_NETWORK = Limit("client from", 120, 3600)
INVITE = Limit("invite", 50, 86_400)  # per organisation
SUPPORT = Limit("support", 20, 86_400)  # messages per person or address
SUPPORT_LINK = Limit("support link", 3, 3600)  # mails per address of somebody unknown
REQUEST = Limit("request", 3, 3600)  # requests about privacy per address
REQUEST_NETWORK = Limit("request from", 10, 3600)
REQUEST_MAIL = Limit("request mail", 3, 86_400)  # mails that we answer by ourselves, per sender
SUPPORT_NETWORK = Limit("support from", 10, 3600)


class Tally(Model):
    """How often one subject did one thing within the window that runs."""

    __tablename__ = "tally"

    key: Mapped[str] = mapped_column(
        primary_key=True,
        info=personal(
            Category.DEVICE_NETWORK,
            why="to stop guessing of passwords and flooding; a keyed hash, gone after the window",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.ONE_TIME,
            export=Export.OMIT,
            unlinked="a keyed hash of an address or a network; it can't be turned back",
        ),
    )
    count: Mapped[int] = mapped_column(info=plain())
    ends_at: Mapped[datetime] = mapped_column(index=True, info=plain())


row = table(Tally)


def take(limit: Limit, subject: str, now: datetime) -> int:
    """Count one try; the seconds to wait, 0 while within the limit. The caller commits."""
    key, ends_at = window(limit, subject, now)
    db.session.execute(delete(row).where(row.c.ends_at <= now))
    new = inserting(row).values(key=key, count=1, ends_at=ends_at)
    counted = new.on_conflict_do_update(index_elements=["key"], set_={"count": row.c.count + 1})
    count = db.session.execute(counted.returning(row.c.count)).scalar_one()
    return max(1, int((ends_at - now).total_seconds())) if count > limit.most else 0


def count(limit: Limit, subject: str, now: datetime) -> int:
    """How many tries were counted in the window that runs."""
    key, _ = window(limit, subject, now)
    return db.session.scalar(select(row.c.count).where(row.c.key == key)) or 0


def give_back(limit: Limit, subject: str, now: datetime) -> None:
    """That try was a good one and does not count."""
    key, _ = window(limit, subject, now)
    db.session.execute(update(row).where(row.c.key == key).values(count=row.c.count - 1))


def window(limit: Limit, subject: str, now: datetime) -> tuple[str, datetime]:
    """What is counted now: a keyed hash that tells nothing, and when it is over."""
    number = int(now.timestamp()) // limit.seconds
    secret = current_app.config["SETTINGS"].secret_key.encode()
    words = f"{limit.name}\n{subject}\n{number}".encode()
    ends_at = datetime.fromtimestamp((number + 1) * limit.seconds, UTC)
    return hmac.digest(secret, words, "sha256").hex(), ends_at


def place(address: str | None) -> str:
    """Who a network address stands for: itself, or for IPv6 its /64, which one line usually gets."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(parsed if parsed.version == 4 else ip_network((parsed, 64), strict=False))


def words(seconds: int) -> str:
    """The same for everybody, whether there is an account or not."""
    minutes = -(-seconds // 60)
    span = f"{minutes} minute{'s' if minutes != 1 else ''}"
    if minutes > 120:
        span = f"{-(-minutes // 60)} hours"
    return f"That was often in a short time. Please try again in {span}."
