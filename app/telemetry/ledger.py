"""Whom the report at hand concerns, and the row that must stand before it leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import insert

from app import clock
from app.db import db, table
from app.telemetry import gates, people
from app.telemetry.models import SENT, SENTRY, TelemetryRecord

_concerned: ContextVar[int | None] = ContextVar("concerned", default=None)


@contextmanager
def about(person_id: int | None) -> Iterator[None]:
    token = _concerned.set(person_id)
    try:
        yield
    finally:
        _concerned.reset(token)


def concerned_pseudonym() -> str | None:
    person_id = _concerned.get()
    return people.pseudonym(person_id, clock.now()) if person_id is not None else None


def keep_report(envelope: str) -> None:
    """Write down what is about to be sent about the person whom it concerns, if any. Raises
    SQLAlchemyError, and then it does not leave."""
    person_id, now = _concerned.get(), clock.now()
    if person_id is None:
        return
    with db.engine.begin() as connection:  # of its own: the transaction at hand has failed
        connection.execute(
            insert(table(TelemetryRecord)).values(
                user_id=person_id,
                recipient=SENTRY,
                host=gates.recipients().errors,
                name="error",
                payload=envelope,
                state=SENT,
                made_at=now,
                sent_at=now,
            )
        )
