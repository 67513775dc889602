"""What retention does by itself, each hour. Each batch is committed; killed, the next run goes on."""

import time

import structlog

from app import clock
from app.db import db
from app.privacy import removal, retention_runs
from app.privacy.retention_runs import BRAKED, RUNNING, RetentionRun

log = structlog.get_logger(__name__)
PAUSE = 1.5  # after a full batch, by the time that it took


def run_retention() -> list[RetentionRun]:
    """Run every rule that has something to do; the runs, those stopped by the brake among them."""
    now = clock.now()
    jobs = retention_runs.prepare(now)
    db.session.commit()
    for job in jobs:
        if job.run.state == RUNNING:
            _carry_out(job)
        elif job.run.state == BRAKED:
            log.warning("retention.braked", clock=job.run.clock, rows=job.run.candidates)
    return [job.run for job in jobs]


def _carry_out(job: retention_runs.Job) -> None:
    while True:
        began = clock.stopwatch()
        some, files = retention_runs.do_some(job)
        db.session.commit()
        removal.discard_files(files)
        if not some:
            break
        if some == removal.BATCH:  # the pages that people look at have their turn
            time.sleep(PAUSE * (clock.stopwatch() - began))
    retention_runs.finish(job, clock.now())
    db.session.commit()


def try_retention() -> list[RetentionRun]:
    """The same path without deleting: what a run would find now."""
    jobs = retention_runs.prepare(clock.now(), dry=True)
    db.session.commit()
    return [job.run for job in jobs]


def count_overdue() -> dict[str, int]:
    """Told to the log each hour, so that silence is not taken for order."""
    found = retention_runs.overdue(clock.now())
    db.session.rollback()
    if found:
        log.error("retention.overdue", **{name.replace(".", "_"): n for name, n in found.items()})
    return found
