"""Mails about requests. Links are made here, so that no queue ever holds one, nor what was said."""

from flask import current_app

from app import clock, mail
from app.db import db
from app.privacy.request_intake import renew_link
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import UNVERIFIED


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


def _by_link(request: RightsRequest) -> str:
    token = renew_link(request, clock.now())
    db.session.commit()
    return f"{current_app.config['SETTINGS'].base_url}/privacy/request/{token}"
