"""Sending what waits. Twice does no harm: an event is taken by one worker only."""

from app import clock
from app.db import db
from app.telemetry import outbox, to_posthog
from app.telemetry.models import SENT


def send_waiting() -> None:
    """Ask each person's consent again, let go of the database, send, note the answer."""
    while parcel := outbox.take(clock.now()):
        db.session.commit()
        if not parcel.ids:
            continue
        state = to_posthog.send(parcel.payloads)
        outbox.settle(parcel, state=state)
        db.session.commit()
        if state != SENT:
            return
    db.session.commit()
