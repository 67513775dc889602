"""What the publisher may be told to do. Jobs carry nothing: the rows say what is due."""

from app import clock
from app.db import db
from app.publishing import engine, gaps, sweeping, worker


def publish() -> None:
    """Publish everything that is due. Running this twice is harmless."""
    now = clock.now()
    if gaps.notice(now):
        gaps.hold_restored(now)
    sweeping.beat("publisher", now)
    db.session.commit()
    engine.run_shift(worker.is_stopping)
