"""Copies that people bring back: uploaded, looked at, confirmed, then brought in by a worker. The file is
kept sealed until then, for 24 hours at most."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import ForeignKey, Select, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.account.models import User
from app.datamap import (
    Basis,
    Category,
    Purpose,
    Retention,
    Subject,
    link,
    personal,
    plain,
)
from app.db import Model, db
from app.keyed import Keyed
from app.privacy import sealed_file

GOOD_FOR = timedelta(hours=24)
ABANDONED, STUCK = timedelta(minutes=1), timedelta(minutes=10)
MOST_A_DAY, MOST_TRIES = 5, 3
RECEIVED, CHECKING, CHECKED = "received", "checking", "checked"
CONFIRMED, RUNNING, DONE = "confirmed", "running", "done"
KNOWN, REFUSED, FAILED, DROPPED = "known", "refused", "failed", "dropped"
WORDS = {
    RECEIVED: "Waiting to be looked at",
    CHECKING: "Being looked at",
    CHECKED: "Looked at: decide below",
    CONFIRMED: "Waiting to be brought back",
    RUNNING: "Being brought back",
    DONE: "Brought back",
    KNOWN: "It came back before",
    REFUSED: "Not taken",
    FAILED: "Did not work",
    DROPPED: "Taken away",
}
NEXT = {RECEIVED: CHECKING, CONFIRMED: RUNNING}
OPEN = (RECEIVED, CHECKING, CHECKED, CONFIRMED, RUNNING)


class ImportRun(Model):
    """One copy that a person uploaded, and what became of it."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    state: Mapped[str] = mapped_column(default=RECEIVED, info=plain(" | ".join(WORDS)))
    uploaded_at: Mapped[datetime] = mapped_column(
        info=personal(
            Category.REQUEST,
            why="to show that you brought a copy back, and when",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            retention=Retention.REQUEST,
        )
    )
    begun_at: Mapped[datetime | None] = mapped_column(info=plain("a worker is at it since then"))
    tries: Mapped[int] = mapped_column(default=0, info=plain("times that a worker began"))
    finished_at: Mapped[datetime | None] = mapped_column(info=plain())
    expires_at: Mapped[datetime | None] = mapped_column(info=plain("when file and key go"))
    rows_total: Mapped[int] = mapped_column(default=0, info=plain())
    rows_done: Mapped[int] = mapped_column(default=0, info=plain())
    copy_id: Mapped[str | None] = mapped_column(
        index=True, info=plain("hash of the copy's manifest: the same copy comes back once")
    )
    found: Mapped[dict[str, Any]] = mapped_column(
        Keyed("copy", "instance", "made_at", "is_ours", "key", "comes", "stays"),
        default=dict,
        info=plain("whose copy it is, and counts"),
    )
    trouble: Mapped[dict[str, str]] = mapped_column(
        Keyed("place", "why"),
        default=dict,
        info=plain("where in the copy something was wrong"),
    )
    storage_key: Mapped[str | None] = mapped_column(
        info=sealed_file.name_mark(
            Category.COPY,
            Retention.IMPORT,
            why="names the sealed file that holds the copy until it is back",
        )
    )
    sealed_key: Mapped[str | None] = mapped_column(info=sealed_file.key_mark(Retention.IMPORT))

    @classmethod
    def of(cls, user: User) -> Select["ImportRun"]:
        return select(cls).where(cls.user_id == user.id).order_by(cls.id.desc())

    @property
    def is_under_way(self) -> bool:
        return self.state in (*NEXT, *NEXT.values())

    @property
    def is_decidable(self) -> bool:
        """Looked at, and the file is still here."""
        return self.state == CHECKED and self.storage_key is not None

    @property
    def made_at(self) -> datetime:
        return clock.parse(self.found["made_at"])

    @property
    def percent(self) -> int:
        return 100 * self.rows_done // self.rows_total if self.rows_total else 0


class TooMany(Exception):
    """One copy is open, or several were uploaded within a day; the text says which."""


def receive(user: User, pieces: Iterable[bytes], now: datetime) -> ImportRun:
    """Keep an uploaded copy, sealed. Raises TooMany."""
    open_one = ImportRun.of(user).where(ImportRun.state.in_(OPEN), ImportRun.expires_at > now)
    if db.session.scalar(open_one.limit(1)):
        raise TooMany("A copy is here already. Bring it back or take it away first.")
    since = ImportRun.user_id == user.id, ImportRun.uploaded_at > now - timedelta(days=1)
    if (db.session.scalar(select(func.count(ImportRun.id)).where(*since)) or 0) >= MOST_A_DAY:
        raise TooMany(f"{MOST_A_DAY} copies were uploaded within a day. Wait until tomorrow.")
    made = ImportRun(user_id=user.id, uploaded_at=now, expires_at=now + GOOD_FOR)
    db.session.add(made)
    db.session.flush()
    made.storage_key, key = sealed_file.keep(pieces, "imports")
    made.sealed_key = sealed_file.lock_up(key, bound_to=_bound(made.id))
    return made


def find_decidable(user: User, id: int) -> ImportRun | None:
    run = db.session.scalar(ImportRun.of(user).where(ImportRun.id == id).with_for_update())
    return run if run and run.is_decidable else None


def find(user: User, id: int) -> ImportRun | None:
    return db.session.scalar(ImportRun.of(user).where(ImportRun.id == id))


def begin(id: int, state: str, now: datetime) -> ImportRun | None:
    """Take a run that waits in this state, or whose worker is gone; None when there is none."""
    is_stuck = (ImportRun.state == NEXT[state]) & (ImportRun.begun_at < now - STUCK)
    taken = (
        update(ImportRun)
        .where(ImportRun.id == id, or_(ImportRun.state == state, is_stuck))
        .values(state=NEXT[state], begun_at=now, tries=ImportRun.tries + 1)
        .returning(ImportRun.id)
    )
    return db.session.get(ImportRun, id) if db.session.scalar(taken) else None


def brought_before(user_id: int, copy_id: str) -> bool:
    """Call it with the person's row locked when something is about to be written."""
    done = ImportRun.user_id == user_id, ImportRun.copy_id == copy_id, ImportRun.state == DONE
    return db.session.scalar(select(ImportRun.id).where(*done).limit(1)) is not None


def end(run: ImportRun, state: str, now: datetime, **trouble: str) -> str | None:
    """The storage key of the file, which goes after the commit; its key goes with it."""
    file = run.storage_key
    run.state, run.finished_at, run.trouble = state, now, trouble
    run.storage_key = run.sealed_key = run.expires_at = None
    return file


@contextmanager
def opened(run: ImportRun) -> Iterator[BinaryIO]:
    """The zip, unsealed into a file without a name."""
    assert run.storage_key and run.sealed_key
    pieces = sealed_file.open_kept(run.storage_key, run.sealed_key, bound_to=_bound(run.id))
    with tempfile.TemporaryFile() as file:
        file.writelines(pieces)
        yield file


def _bound(id: int) -> str:
    return f"import:{id}"


def abandoned(now: datetime) -> list[tuple[int, str]]:
    """Runs that no worker took up, or whose worker is gone, with the state to take them from."""
    rows = select(ImportRun.id, ImportRun.state).where(
        or_(
            ImportRun.state.in_(NEXT) & (ImportRun.uploaded_at < now - ABANDONED),
            ImportRun.state.in_(NEXT.values()) & (ImportRun.begun_at < now - STUCK),
        )
    )
    before = {after: state for state, after in NEXT.items()}
    return [(id, before.get(state, state)) for id, state in db.session.execute(rows)]
