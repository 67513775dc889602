"""What a worker may be told to do for the audit trail."""

from app import audit, clock
from app.db import db


def sign_head() -> None:
    """Sign the log as it is; twice in a row signs once."""
    audit.sign_head(clock.now())
    db.session.commit()
