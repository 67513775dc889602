"""What a worker may be told to do with an uploaded copy. Ids only; each may run twice."""

from collections.abc import Callable
from typing import Any

import structlog

from app import clock, queue, storage
from app.account.models import User
from app.db import db
from app.privacy import import_walks as walks
from app.privacy import imports
from app.privacy.copy_file import BadCopy
from app.privacy.imports import ImportRun
from app.privacy.sealed_file import Damaged

log = structlog.get_logger(__name__)


def check_import(run_id: int) -> None:
    """Look at an uploaded copy once; a second ring finds nothing to take."""
    if run := _begin(run_id, imports.RECEIVED):
        _do(run, _look)


def bring_import(run_id: int) -> None:
    """Bring a confirmed copy back, whole or not at all; with it goes that it is done."""
    if run := _begin(run_id, imports.CONFIRMED):
        _do(run, _bring)


def ring_for_imports() -> None:
    """Copies that were uploaded while the queue was away, or whose worker is gone, go on."""
    for id, state in imports.abandoned(clock.now()):
        job = check_import if state == imports.RECEIVED else bring_import
        queue.enqueue(job, id, on="default")


def _begin(run_id: int, state: str) -> ImportRun | None:
    run = imports.begin(run_id, state, clock.now())
    is_over = run is not None and (run.storage_key is None or run.tries > imports.MOST_TRIES)
    if run and is_over:
        _end(run, imports.FAILED)
    db.session.commit()
    return None if is_over else run


def _do(run: ImportRun, step: Callable[[ImportRun, Any], str | None]) -> None:
    id = run.id
    try:
        with imports.opened(run) as file:
            gone = step(run, file)
        db.session.commit()
    except BadCopy as bad:
        db.session.rollback()
        gone = _end(_again(id), imports.REFUSED, place=bad.place, why=bad.why)
    except (Damaged, OSError) as trouble:
        log.error("import.failed", run=id, kind=type(trouble).__name__)
        db.session.rollback()
        gone = _end(_again(id), imports.FAILED)
    if gone:
        storage.discard(gone)


def _end(run: ImportRun, state: str, **trouble: str) -> str | None:
    gone = imports.end(run, state, clock.now(), **trouble)
    db.session.commit()
    return gone


def _again(id: int) -> ImportRun:
    return db.session.get_one(ImportRun, id)


def _look(run: ImportRun, file: Any) -> str | None:
    id, to = run.id, walks.receiver(db.session.get_one(User, run.user_id))
    run.rows_total, run.rows_done = walks.total(file), 0
    db.session.commit()
    found = walks.look(file, to, walks.Progress(id, writes=False).add, walks.MOST_ROWS)
    run = _again(id)
    run.found, run.copy_id, run.state, run.tries = found, found["copy"], imports.CHECKED, 0
    run.rows_done = run.rows_total
    if imports.brought_before(run.user_id, found["copy"]):
        return imports.end(run, imports.KNOWN, clock.now())
    return None


def _bring(run: ImportRun, file: Any) -> str | None:
    run.rows_done = 0
    db.session.commit()
    user = walks.lock(run.user_id)
    if imports.brought_before(user.id, str(run.copy_id)):
        return imports.end(run, imports.KNOWN, clock.now())
    found = walks.bring(file, walks.receiver(user), walks.Progress(run.id, writes=True).add)
    run.found, run.rows_done = found, run.rows_total
    return imports.end(run, imports.DONE, clock.now())
