"""Two clocks that differ send posts early, late or twice: each process holds its own against the
database's, once a minute. On SQLite there is only one."""

import structlog
from flask import current_app
from sqlalchemy import func, select

from app import clock
from app.db import db

WARN, STOP = 2.0, 30.0  # seconds
LOOK_AGAIN = 60.0
log = structlog.get_logger(__name__)


def skew() -> float:
    """Seconds that this machine's clock is ahead of the database's, as seen within the last minute."""
    asked_at, known = current_app.extensions.get("clock_skew", (None, 0.0))
    if asked_at is None or clock.stopwatch() - asked_at >= LOOK_AGAIN:
        known = measure()
        current_app.extensions["clock_skew"] = (clock.stopwatch(), known)
        if abs(known) > WARN:
            log.warning("clock.differs", seconds=round(known, 1), stops=is_astray(known))
    return float(known)


def measure() -> float:
    if db.engine.dialect.name != "postgresql":
        return 0.0
    before = clock.of_machine()
    theirs = db.session.scalar(select(func.clock_timestamp()))
    after = clock.of_machine()
    db.session.rollback()
    assert theirs is not None
    return (before + (after - before) / 2 - theirs).total_seconds()


def is_astray(seconds: float) -> bool:
    """So far off that nothing may be sent by it."""
    return abs(seconds) > STOP
