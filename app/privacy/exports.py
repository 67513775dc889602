"""Copies that people ask for: made by a worker, kept sealed for seven days, then gone with their key."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Select, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.account.models import Membership, User
from app.account.permissions import Role
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
from app.db import Model, db, read_only, table
from app.privacy import packing, sealed_file
from app.privacy.portions import Holder
from app.scope import across_organizations

GOOD_FOR = timedelta(days=7)
PAUSE = timedelta(days=1)  # between two copies that came out well
WAITING, RUNNING, READY, PARTIAL, FAILED = "waiting", "running", "ready", "partial", "failed"
WORDS = {
    WAITING: "Waiting to be made",
    RUNNING: "Being made",
    READY: "Ready",
    PARTIAL: "Ready, with gaps",
    FAILED: "Did not work",
}


class ExportRun(Model):
    """One copy of a person's data, asked for, made or failed."""

    __tablename__ = "export_run"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    state: Mapped[str] = mapped_column(info=plain(" | ".join(WORDS)))
    asked_at: Mapped[datetime] = mapped_column(
        info=personal(
            Category.REQUEST,
            why="to show that you asked for a copy, and when",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            retention=Retention.REQUEST,
        )
    )
    finished_at: Mapped[datetime | None] = mapped_column(info=plain())
    expires_at: Mapped[datetime | None] = mapped_column(info=plain("when file and key go"))
    rows_total: Mapped[int] = mapped_column(default=0, info=plain())
    rows_done: Mapped[int] = mapped_column(default=0, info=plain())
    size: Mapped[int | None] = mapped_column(BigInteger, info=plain("bytes of the zip"))
    gaps: Mapped[int] = mapped_column(default=0, info=plain("files that were gone"))
    downloads: Mapped[int] = mapped_column(default=0, info=plain())
    storage_key: Mapped[str | None] = mapped_column(
        info=sealed_file.name_mark(
            Category.COPY, Retention.EXPORT, why="names the sealed file that holds your copy"
        )
    )
    sealed_key: Mapped[str | None] = mapped_column(info=sealed_file.key_mark(Retention.EXPORT))

    @classmethod
    def of(cls, user: User) -> Select["ExportRun"]:
        return select(cls).where(cls.user_id == user.id).order_by(cls.id.desc())

    @property
    def is_under_way(self) -> bool:
        return self.state in (WAITING, RUNNING)

    @property
    def is_ready(self) -> bool:
        return self.storage_key is not None

    @property
    def percent(self) -> int:
        return 100 * self.rows_done // self.rows_total if self.rows_total else 0


class TooSoon(Exception):
    """A copy is being made, or one was made within the last day; the text says which."""


def ask(user: User, now: datetime) -> ExportRun:
    """Order a copy. Raises TooSoon."""
    last = db.session.scalar(ExportRun.of(user).where(ExportRun.state != FAILED).limit(1))
    if last and last.is_under_way:
        raise TooSoon("A copy is being made. It will be listed below.")
    if last and last.asked_at > now - PAUSE:
        raise TooSoon("You had a copy made within the last day. It is listed below.")
    return order(user, now)


def order(user: User, now: datetime) -> ExportRun:
    """The same without a pause, for an operator who answers a request."""
    made = ExportRun(user_id=user.id, state=WAITING, asked_at=now)
    db.session.add(made)
    db.session.flush()
    return made


def begin(id: int) -> ExportRun | None:
    """Take a waiting copy to make; None when another worker has it."""
    taken = (
        update(ExportRun)
        .where(ExportRun.id == id, ExportRun.state == WAITING)
        .values(state=RUNNING)
        .returning(ExportRun.id)
    )
    return db.session.get(ExportRun, id) if db.session.scalar(taken) else None


def make(id: int, holder: Holder, now: datetime) -> dict[str, Any]:
    """Write the sealed file; the values that the finished row takes. Raises packing.Miscounted."""
    size, state = 0, packing.Outcome()

    def measured(pieces: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            size += len(piece)
            yield piece

    spanning = across_organizations("a person's things stand in several")
    with spanning, read_only(), db.engine.connect() as connection:
        packing.see_one_instant(connection)
        total = sum(packing.expect(connection, db.metadata, holder).values())
        progress = Progress(id, total)
        pieces = packing.pack(connection, db.metadata, holder, now, progress.add, state)
        stored, key = sealed_file.keep(measured(pieces), "exports")
    finished = clock.now()
    return {
        "state": PARTIAL if state.missing else READY,
        "gaps": len(state.missing),
        "rows_total": total,
        "rows_done": total,
        "size": size,
        "storage_key": stored,
        "sealed_key": sealed_file.lock_up(key, bound_to=f"export:{id}"),
        "finished_at": finished,
        "expires_at": finished + GOOD_FOR,
    }


def finish(id: int, values: dict[str, Any]) -> None:
    db.session.execute(update(ExportRun).where(ExportRun.id == id).values(**values))


class Progress:
    """How far the copy is, for the page; written apart from the reading transaction."""

    EVERY = 20_000  # rows

    def __init__(self, id: int, total: int) -> None:
        self.id, self.total, self.done, self.told = id, total, 0, -self.EVERY

    def add(self, rows: int) -> None:
        self.done += rows
        if self.done - self.told < self.EVERY:
            return
        self.told = self.done
        row = table(ExportRun)
        with db.engine.begin() as connection:
            connection.execute(
                update(row)
                .where(row.c.id == self.id)
                .values(rows_done=self.done, rows_total=self.total)
            )


def holder_of(user: User) -> Holder:
    """The person, with the organisations that they own."""
    owned = select(Membership.organization_id).where(
        Membership.user_id == user.id, Membership.role == Role.OWNER
    )
    with across_organizations("a person may own several"):
        return Holder(user.id, user.email, tuple(db.session.scalars(owned)))


def open_copy(run: ExportRun) -> Iterator[bytes]:
    """The zip of a finished copy, a piece at a time. Raises FileNotFoundError or Damaged."""
    assert run.storage_key and run.sealed_key
    return sealed_file.open_kept(run.storage_key, run.sealed_key, bound_to=f"export:{run.id}")


def find_copy(user: User, id: int) -> ExportRun | None:
    """The person's copy while it can be fetched."""
    return db.session.scalar(
        ExportRun.of(user).where(ExportRun.id == id, ExportRun.storage_key.is_not(None))
    )


def abandoned(now: datetime) -> list[int]:
    """Copies that were asked for and that no worker took up; the doorbell is rung again."""
    waiting = ExportRun.state == WAITING, ExportRun.asked_at < now - timedelta(minutes=1)
    return list(db.session.scalars(select(ExportRun.id).where(*waiting)))
