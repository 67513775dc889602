"""Telling people of an incident. What is said stands in the incident, not in the queue."""

from smtplib import SMTPRecipientsRefused

import structlog
from sqlalchemy import select

from app import clock, mail
from app.db import db
from app.operator.models import IncidentNotice

log = structlog.get_logger(__name__)


def tell_people(incident_id: int) -> None:
    """Mail everybody who was not told yet; each is ticked off after the mail server took it, so
    that a second run goes on where the first one ended."""
    waiting = select(IncidentNotice.id).where(
        IncidentNotice.incident_id == incident_id, IncidentNotice.sent_at.is_(None)
    )
    for id in db.session.scalars(waiting.order_by(IncidentNotice.id)).all():
        _tell(id)


def _tell(notice_id: int) -> None:
    found = db.session.get(IncidentNotice, notice_id)
    if found is None or found.sent_at:
        return
    to = found.user.email if found.user else found.email or ""
    words, at = found.incident.notice or "", found.incident.found_at
    db.session.rollback()
    try:
        mail.send("incident", to, words=words, day=f"{at:%d %B %Y}")
    except SMTPRecipientsRefused:  # stays on the list, which the desk shows
        log.warning("incident.recipient_refused", notice=notice_id)
        return
    db.session.get_one(IncidentNotice, notice_id).sent_at = clock.now()
    db.session.commit()
