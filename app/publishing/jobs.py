"""What the publisher may be told to do. Jobs carry nothing: the rows say what is due."""

from app import clock
from app.db import db
from app.publishing import engine, sweeping, worker


def publish() -> None:
    """Publish everything that is due. Running this twice is harmless."""
    sweeping.beat("publisher", clock.now())
    db.session.commit()
    engine.run_shift(worker.is_stopping)
