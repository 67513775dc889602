"""Mails of the support. Links are made here, so that no queue ever holds one, nor what was said."""

from flask import current_app

from app import clock, mail
from app.db import db
from app.support import conversing
from app.support.models import Conversation, Message


def send_link(conversation_id: int) -> None:
    """Ask the address whether it wrote to us."""
    found = db.session.get(Conversation, conversation_id)
    if found is None or found.confirmed_at or not found.email:
        return
    to, link = found.email, _link(found)
    mail.send("support_link", to, link=link)


def tell_of_answer(message_id: int) -> None:
    """Say that there is an answer, and where; what it says stays here."""
    said = db.session.get(Message, message_id)
    found = said and db.session.get(Conversation, said.conversation_id)
    if not found:
        return
    to, link = found.address, _link(found)
    mail.send("support_answer", to, link=link)


def tell_desk(conversation_id: int) -> None:
    """Say to whoever runs this instance that somebody waits; not who, nor what for."""
    settings = current_app.config["SETTINGS"]
    found = db.session.get(Conversation, conversation_id)
    if found and found.confirmed_at and settings.operator_email:
        link = f"{settings.base_url}/operator/support/{conversation_id}"
        db.session.rollback()
        mail.send("desk_waiting", settings.operator_email, what="A message", link=link)


def tidy() -> None:
    """Each day: close what went quiet. What was never confirmed goes with the privacy's tidying."""
    conversing.close_quiet(clock.now())
    db.session.commit()


def _link(conversation: Conversation) -> str:
    """People with an account sign in; others get a fresh link."""
    base = current_app.config["SETTINGS"].base_url
    if conversation.user_id:
        return f"{base}/support/{conversation.id}"
    text = conversing.renew_link(conversation, clock.now())
    db.session.commit()
    return f"{base}/support/threads/{text}"
