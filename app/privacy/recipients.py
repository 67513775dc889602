"""Who else holds something of a person: each is asked to erase it, and until it answered an erasure is
not called complete. Features enter themselves at start; nobody is named here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app import vault
from app.datamap import Category, Erase, Retention, part, plain, secret
from app.db import Model, db

PENDING, DONE, FAILED = "pending", "done", "failed"
FIRST_PAUSE, MOST_TRIES = timedelta(minutes=1), 12


@dataclass(frozen=True)
class Recipient:
    """`find`: what this recipient needs to know to erase somebody, None when it holds nothing;
    `erase`: ask it with that; True when it has, an exception when it can't be reached."""

    name: str
    find: Callable[[int], Any | None]
    erase: Callable[[Any], bool]


@dataclass(frozen=True)
class Farewell:
    """What has to be said elsewhere before an organisation goes. `find`: ids of the things to say
    it for; `say`: for one of them, without a transaction open while anybody is asked."""

    find: Callable[[int], list[int]]
    say: Callable[[int, datetime], object]


RECIPIENTS: dict[str, Recipient] = {}
FAREWELLS: dict[str, Farewell] = {}


def enter(recipient: Recipient) -> None:
    RECIPIENTS[recipient.name] = recipient


class ErasureNotice(Model):
    """One recipient that has to be told of one erasure. What it is told is sealed, and gone after."""

    __tablename__ = "erasure_notice"
    __table_args__ = (UniqueConstraint("erasure_id", "recipient"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    erasure_id: Mapped[int] = mapped_column(
        ForeignKey("erasure.id", ondelete="CASCADE"), info=part()
    )
    recipient: Mapped[str] = mapped_column(info=plain())
    payload: Mapped[str | None] = mapped_column(
        info=secret(
            Category.REQUEST,
            why="what the recipient needs to find you there; gone once it answered",
            at_rest="encrypted",
            retention=Retention.REQUEST,
            erase=Erase.KEEP,
        )
    )
    state: Mapped[str] = mapped_column(info=plain("pending | done | failed"))
    tries: Mapped[int] = mapped_column(default=0, info=plain())
    next_at: Mapped[datetime | None] = mapped_column(info=plain())
    answered_at: Mapped[datetime | None] = mapped_column(info=plain())

    @classmethod
    def of(cls, erasure_id: int) -> Select["ErasureNotice"]:
        return select(cls).where(cls.erasure_id == erasure_id).order_by(cls.recipient)


def put_in_outbox(erasure_id: int, person_id: int, now: datetime) -> int:
    """Write down whom to tell, while what they need to know is still here. Twice is once."""
    known = {notice.recipient for notice in db.session.scalars(ErasureNotice.of(erasure_id))}
    for recipient in RECIPIENTS.values():
        payload = None if recipient.name in known else recipient.find(person_id)
        if payload is None:
            continue
        sealed = vault.seal(payload, bound_to=_bound_to(erasure_id, recipient.name))
        notice = ErasureNotice(
            erasure_id=erasure_id,
            recipient=recipient.name,
            payload=sealed,
            state=PENDING,
            next_at=now,
        )
        notice.tries = 0
        db.session.add(notice)
    db.session.flush()
    return len(RECIPIENTS)


def due(erasure_id: int, now: datetime) -> list[ErasureNotice]:
    open_ones = ErasureNotice.of(erasure_id).where(ErasureNotice.state == PENDING)
    return list(db.session.scalars(open_ones.where(ErasureNotice.next_at <= now)))


def tell(notice: ErasureNotice, now: datetime) -> None:
    """Ask the recipient once. No answer: again later, and after many tries a person has to look."""
    told = _ask(notice)  # asking lets go of the database, and of what was not written
    notice.tries += 1
    if told:
        notice.state, notice.payload, notice.answered_at = DONE, None, now
    elif notice.tries >= MOST_TRIES:
        notice.state = FAILED
    else:
        notice.next_at = now + FIRST_PAUSE * 2**notice.tries


def _ask(notice: ErasureNotice) -> bool:
    recipient = RECIPIENTS.get(notice.recipient)
    if recipient is None or notice.payload is None:
        return False
    known = vault.unseal(notice.payload, bound_to=_bound_to(notice.erasure_id, notice.recipient))
    try:
        return recipient.erase(known)
    except OSError:  # not reached; what is wrong inside a recipient's code is raised
        return False


def _bound_to(erasure_id: int, recipient: str) -> str:
    return f"erasure:{erasure_id}:{recipient}"
