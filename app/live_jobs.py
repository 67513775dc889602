"""Runs the live checks that are due, and puts down what they saw."""

from datetime import datetime

import structlog

from app import clock
from app.db import db
from app.live_checks import CHECKS, Check
from app.privacy import sightings
from app.privacy.sightings import Seen
from app.scope import across_organizations

log = structlog.get_logger(__name__)


@across_organizations("promises are watched for everybody")
def look_at_all() -> dict[str, Seen]:
    """Run what is due, and keep what was seen; a check that breaks down has not seen it kept."""
    now, known, seen = clock.now(), sightings.latest(), {}
    last = {name: found.seen_at for name, found in known.items()}
    db.session.rollback()
    for name, check in CHECKS.items():
        if name not in last or now - last[name] >= check.every:
            seen[name] = _look(name, check, now)
            sightings.keep(name, seen[name], now)
            db.session.commit()
    return seen


def _look(name: str, check: Check, now: datetime) -> Seen:
    try:
        seen = check.look(now)
    except Exception:
        log.exception("live_check.broke", check=name)
        seen = Seen(False, "could not be looked at")
    db.session.rollback()
    if not seen.is_kept:
        log.error("live_check.not_kept", check=name, figure=seen.figure)
    return seen
