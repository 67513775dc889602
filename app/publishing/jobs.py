"""What the publisher may be told to do. Jobs carry nothing: the rows say what is due."""

from app import clock
from app.db import db
from app.publishing import engine, gaps, grants, sweeping, worker
from app.scope import across_organizations


@across_organizations("the publisher carries everybody's deliveries")
def publish() -> None:
    """Publish everything that is due. Running this twice is harmless."""
    now = clock.now()
    if gaps.notice(now):
        gaps.hold_restored(now)
    sweeping.beat("publisher", now)
    db.session.commit()
    engine.run_shift(worker.is_stopping)


@across_organizations("keys wear out in every organisation")
def renew_worn() -> None:
    """Renew keys before posts need them. Running this twice is harmless: one renewal at a time."""
    for channel_id in grants.worn(clock.now()):
        grants.renew(channel_id)
