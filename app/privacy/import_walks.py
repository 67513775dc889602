"""A run's two walks over its copy, and what the person is shown of them."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import update

from app import audit, storage
from app.account import enrolling
from app.account.models import User, fold
from app.datamap import mark
from app.db import db, read_only, table
from app.privacy import words
from app.privacy.bringing import Bringing, Report, read_person
from app.privacy.copy_file import BadCopy, CopyFile
from app.privacy.imports import DONE, ImportRun
from app.privacy.placing import Receiver
from app.scope import across_organizations

MOST_ROWS = 200_000  # by the page: a job has 170 s, and SQLite one writer


def look(
    file: BinaryIO, to: Receiver, progress: Any = lambda _: None, most: int | None = None
) -> dict[str, Any]:
    """What would come back and what would not. Raises BadCopy; nothing is written."""
    copy = CopyFile(file)
    if most and sum(copy.counts.values()) > most:
        raise BadCopy(
            "manifest.json", f"It holds more than {most} rows; ask who runs this instance."
        )
    spanning = across_organizations("a copy may hold several")
    with spanning, read_only(), db.engine.connect() as connection:
        walk = Bringing(copy, db.metadata, to, connection, write=False, progress=progress)
        return summary(copy, walk.run())


def bring(file: BinaryIO, to: Receiver, progress: Any = lambda _: None) -> dict[str, Any]:
    """Write all of it into the session's transaction, or nothing. Raises BadCopy."""
    copy = CopyFile(file)
    with across_organizations("a copy may hold several"):
        connection = db.session.connection()
        walk = Bringing(copy, db.metadata, to, connection, write=True, progress=progress)
        try:
            done = summary(copy, walk.run())
            audit.record("import.done", actor=to.id, rows=sum(walk.report.comes.values()))
            return done
        except BaseException:
            db.session.rollback()
            for key in walk.report.kept:
                storage.discard(key)
            raise


def summary(copy: CopyFile, report: Report) -> dict[str, Any]:
    """What the page shows, as plain values."""
    return {
        "copy": copy.id,
        "instance": copy.instance,
        "made_at": copy.made_at.isoformat(),
        "is_ours": copy.is_ours,
        "key": copy.key,
        "comes": [_line(name, rows) for name, rows in report.comes.items() if rows],
        "stays": _stays(report.stays),
    }


def _line(name: str, rows: int) -> dict[str, Any]:
    marked = (mark(column) for column in db.metadata.tables[name].columns)
    kinds = sorted({words.CATEGORIES[one.category] for one in marked if one and one.is_personal})
    return {"title": words.title(name), "rows": rows, "kinds": kinds}


def _stays(found: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    lines = ((name, why, rows) for (name, why), rows in found.items() if rows)
    return [{"title": words.title(name), "rows": rows, "why": why} for name, why, rows in lines]


def receiver(user: User) -> Receiver:
    return Receiver(user.id, user.email)


class Progress:
    """How far a walk is, for the page. SQLite has one writer: while that is the walk itself, the
    page shows the last figure."""

    EVERY = 10_000  # rows

    def __init__(self, id: int, *, writes: bool) -> None:
        self.id, self.done, self.told = id, 0, 0
        self.is_silent = writes and db.engine.dialect.name == "sqlite"

    def add(self, rows: int) -> None:
        self.done += rows
        if self.is_silent or self.done - self.told < self.EVERY:
            return
        self.told = self.done
        row = table(ImportRun)
        with db.engine.begin() as connection:
            connection.execute(update(row).where(row.c.id == self.id).values(rows_done=self.done))


def total(file: BinaryIO) -> int:
    """Rows that the copy says it has, for the progress."""
    return sum(CopyFile(file).counts.values())


def lock(user_id: int) -> User:
    """One copy of a person at a time."""
    return db.session.get_one(User, user_id, with_for_update=True)


def whose(file: BinaryIO, email: str | None) -> tuple[Receiver, str]:
    """Who gets a copy that an operator brings, and their name in it. Raises BadCopy."""
    copied, name = read_person(CopyFile(file), db.metadata)
    address = fold(email or copied)
    person = User.by_email(address)
    to = Receiver(person.id if person else None, "" if email else address, is_new=person is None)
    return to, name


def bring_for(
    file: BinaryIO, to: Receiver, name: str, email: str | None, now: datetime
) -> str | None:
    """Bring a copy back for a person, made for it when they are new: then the path of a link that
    chooses their password. Raises BadCopy."""
    made = None
    if to.id is None:
        made = enrolling.open_account(email or to.address, name, now)
        to = replace(to, id=made.id)
    found = bring(file, to)
    run = ImportRun(user_id=to.id, uploaded_at=now, finished_at=now, state=DONE)
    run.copy_id, run.found, run.trouble = found["copy"], found, {}
    db.session.add(run)
    return enrolling.password_link(made, now) if made else None
