"""Mails about requests. Links are made here, so that no queue ever holds one, nor what was said."""

from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import func, select

from app import clock, mail
from app.db import db
from app.privacy import removal, unconfirmed
from app.privacy.request_intake import renew_link
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import ACTIVE, UNVERIFIED

NEAR = timedelta(days=5)
log = structlog.get_logger(__name__)


def send_link(request_id: int) -> None:
    """Ask the address whether the request is its own."""
    found = db.session.get(RightsRequest, request_id)
    if found is None or found.state not in UNVERIFIED or not found.email:
        return
    to, answers, source = found.email, found.reply_to or "", found.source_words
    link = _by_link(found)
    mail.send("request_link", to, answers=answers, link=link, source=f"through {source}")


def tell(request_id: int) -> None:
    """Say that there is news, and where; what it says stays here."""
    found = db.session.get(RightsRequest, request_id)
    if found is None or not found.address:
        return
    to = found.address
    base = current_app.config["SETTINGS"].base_url
    own_page = f"{base}/settings/privacy/requests/{found.id}"
    link = _by_link(found) if found.is_read_by_link else own_page
    mail.send("request_news", to, link=link)


def tell_desk(request_id: int) -> None:
    """Say to whoever runs this instance that a request waits; not whose."""
    settings = current_app.config["SETTINGS"]
    found = db.session.get(RightsRequest, request_id)
    if found and settings.operator_email:
        link = f"{settings.base_url}/operator/requests/{request_id}"
        db.session.rollback()
        mail.send("desk_waiting", settings.operator_email, what="A privacy request", link=link)


def remind_desk() -> None:
    """Each day: how many requests are near the law's limit, or over it, if any."""
    now, settings = clock.now(), current_app.config["SETTINGS"]
    over, near = _due_by(now), _due_by(now + NEAR)
    db.session.rollback()
    if near and settings.operator_email:
        link = f"{settings.base_url}/operator/requests"
        mail.send("desk_deadlines", settings.operator_email, near=near, over=over, link=link)


def tidy() -> None:
    """Each day: drop what nobody stood by, except what a hold names."""
    for act in unconfirmed.acts(clock.now()):
        held, rows = removal.count_held(act), removal.remove_all(act, db.session.commit)
        log.info("unconfirmed.dropped", table=act.table.name, rows=rows, held=held)


def _due_by(moment: datetime) -> int:
    chosen = RightsRequest.state.in_(ACTIVE) & (RightsRequest.due_at <= moment)
    return db.session.scalar(select(func.count(RightsRequest.id)).where(chosen)) or 0


def _by_link(request: RightsRequest) -> str:
    token = renew_link(request, clock.now())
    db.session.commit()
    return f"{current_app.config['SETTINGS'].base_url}/privacy/request/{token}"
