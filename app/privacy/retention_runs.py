"""Runs of the retention rules: on record before they delete, in batches, with a brake that wants a person
when far more would go than usual. How much is overdue is counted apart from them."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app import audit
from app.audit.models import AuditDetail
from app.datamap import plain
from app.db import Model, db, table
from app.privacy import removal
from app.privacy.holds import is_held
from app.privacy.removal import Act
from app.privacy.retention import SHRED, Clock, Rule, act_of, load_rules
from app.scope import across_organizations

RUNNING, DONE, BRAKED, DRY = "running", "done", "braked", "dry"
WORDS = {
    RUNNING: "Running",
    DONE: "Done",
    BRAKED: "Stopped by the brake; a person decides",
    DRY: "Dry run",
}
LARGE = 1000  # rows; below that a share of the table says nothing
SHARE, TIMES = 0.05, 3
ENOUGH = 5  # runs that make a usual number


class RetentionRun(Model):
    """One rule's clock, run once."""

    __tablename__ = "retention_run"
    __table_args__ = (Index("ix_retention_run_clock", "clock", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    rule: Mapped[str] = mapped_column(info=plain())
    clock: Mapped[str] = mapped_column(info=plain("the column that the period starts at"))
    state: Mapped[str] = mapped_column(info=plain(" | ".join(WORDS)))
    cutoff: Mapped[datetime] = mapped_column(info=plain())
    started_at: Mapped[datetime] = mapped_column(info=plain())
    finished_at: Mapped[datetime | None] = mapped_column(info=plain())
    candidates: Mapped[int] = mapped_column(info=plain("rows that were over at the start"))
    held: Mapped[int] = mapped_column(default=0, info=plain("rows that a hold kept"))
    done: Mapped[int] = mapped_column(default=0, info=plain())
    released: Mapped[bool] = mapped_column(
        default=False, info=plain("the brake was let go by hand")
    )

    @property
    def words(self) -> str:
        return WORDS[self.state]


@dataclass(frozen=True)
class Job:
    """A run with what it does; `act` is none where the audit trail does it itself."""

    run: RetentionRun
    act: Act
    clock: Clock


@across_organizations("retention counts for everybody")
def prepare(now: datetime, *, dry: bool = False) -> list[Job]:
    """Write down a run for each clock that has something to do, before anything is deleted."""
    return [
        job for rule, clock in load_rules().clocks() if (job := _prepare(rule, clock, now, dry))
    ]


def _prepare(rule: Rule, clock: Clock, now: datetime, dry: bool) -> Job | None:
    act = act_of(rule, clock, db.metadata, now)
    candidates = _still_open(act, clock, now)
    if not candidates:
        return None
    before = _last(clock)
    released = bool(before and before.state == BRAKED and before.released)
    braked = not released and is_unusual(candidates, _size(act), _usual(clock))
    run = RetentionRun(
        rule=rule.id,
        clock=clock.column,
        state=DRY if dry else BRAKED if braked else RUNNING,
        cutoff=clock.cutoff(now),
        started_at=now,
        candidates=candidates,
        held=_held(act, clock, now),
    )
    run.done = 0
    db.session.add(run)
    db.session.flush()
    return Job(run, act, clock)


def _still_open(act: Act, clock: Clock, now: datetime) -> int:
    """Rows to which it is still to be done; shredded events keep their row."""
    if clock.does == SHRED:
        return audit.count_before(clock.cutoff(now))
    return removal.count(act)


def _held(act: Act, clock: Clock, now: datetime) -> int:
    """Of those the rows that a hold keeps."""
    if clock.does == SHRED:
        return audit.count_before(clock.cutoff(now), among=is_held(table(AuditDetail)))
    return removal.count_held(act)


def is_unusual(candidates: int, size: int, usual: list[int]) -> bool:
    """More than a twentieth of a large table, or three times the usual number."""
    if candidates > LARGE and candidates > SHARE * size:
        return True
    return (
        len(usual) >= ENOUGH
        and candidates > LARGE // 10
        and candidates > TIMES * statistics.median(usual)
    )


def _size(act: Act) -> int:
    return db.session.scalar(select(func.count()).select_from(act.table)) or 0


def _usual(clock: Clock) -> list[int]:
    past = select(RetentionRun.candidates).where(
        RetentionRun.clock == clock.column, RetentionRun.state == DONE
    )
    return list(db.session.scalars(past.order_by(RetentionRun.id.desc()).limit(20)))


def _last(clock: Clock) -> RetentionRun | None:
    runs = select(RetentionRun).where(RetentionRun.clock == clock.column, RetentionRun.state != DRY)
    return db.session.scalar(runs.order_by(RetentionRun.id.desc()).limit(1))


@across_organizations("retention counts for everybody")
def do_some(job: Job) -> tuple[int, list[str]]:
    """One batch; how many rows, and the files to discard once this is committed."""
    if job.clock.does == SHRED:
        some, files = audit.forget_before(job.run.cutoff, is_held(table(AuditDetail))), list[str]()
    else:
        some, files = removal.remove_some(job.act)
    job.run.done += some
    return (0 if job.clock.does == SHRED else some), files


def finish(job: Job, now: datetime) -> None:
    job.run.state, job.run.finished_at = DONE, now


@across_organizations("retention counts for everybody")
def overdue(now: datetime) -> dict[str, int]:
    """Rows that should be gone and are not, by clock, without those that a hold keeps. Counted from
    the rules and the clock columns alone, whatever any run says of itself."""
    found = {}
    for rule, clock in load_rules().clocks():
        act = act_of(rule, clock, db.metadata, now)
        if number := _still_open(act, clock, now) - _held(act, clock, now):
            found[clock.column] = number
    return found


def recent(limit: int = 50) -> Iterator[RetentionRun]:
    yield from db.session.scalars(
        select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit)
    )


def let_go(run: RetentionRun) -> None:
    """A person looked at it: the next run of this clock is not braked."""
    run.released = True


def last_finished() -> RetentionRun | None:
    done = select(RetentionRun).where(RetentionRun.state == DONE)
    return db.session.scalar(done.order_by(RetentionRun.id.desc()).limit(1))
