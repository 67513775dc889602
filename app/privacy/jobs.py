"""What a worker may be told to do for privacy. Ids only; each may run twice."""

import structlog

from app import clock, queue
from app.account.models import User
from app.db import db
from app.privacy import exports, provider_use
from app.privacy.packing import Miscounted

log = structlog.get_logger(__name__)


def make_export(run_id: int) -> None:
    """Make a copy once; a second ring finds nothing to take."""
    run = exports.begin(run_id)
    holder = run and exports.holder_of(db.session.get_one(User, run.user_id))
    db.session.commit()
    if not holder:
        return
    try:
        done = exports.make(run_id, holder, clock.now())
    except (Miscounted, OSError) as trouble:
        log.error("export.failed", run=run_id, kind=type(trouble).__name__)
        done = {"state": exports.FAILED, "finished_at": clock.now()}
    exports.finish(run_id, done)
    db.session.commit()


def note_providers() -> None:
    """Put down which service providers are switched on, and since when."""
    provider_use.note(clock.now())
    db.session.commit()


def ring_for_exports() -> None:
    """Copies that were asked for while the queue was away are made all the same."""
    for id in exports.abandoned(clock.now()):
        queue.enqueue(make_export, id, on="default")
