"""Sends mail over SMTP, or prints it in development (`SMTP_URL=console:`)."""

import re
import smtplib
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

SUBJECTS = {
    "policy": "The privacy policy is going to change",
    "erased": "Your data are deleted",
    "erasure_asked": "Your account is about to be deleted",
    "address": "Confirm your new address",
    "address_notice": "Your address is about to change",
    "approval_approved": "Your post is approved",
    "approval_agreed": "A client said yes to your post",
    "approval_asked": "A post waits for approval",
    "approval_commented": "A new comment on a post",
    "approval_near": "A post that waits for approval is due soon",
    "approval_sent_back": "Your post came back",
    "desk_deadlines": "Requests about privacy are near their limit",
    "audit_head": "The state of the audit trail, signed",
    "desk_waiting": "Something waits at the desk",
    "digest": "What happened, and what waits for you",
    "eyes": "Something needs your eyes",
    "incident": "About your data: something went wrong",
    "invitation": "You are invited",
    "new_device": "New sign-in",
    "sign_in_changed": "Your sign-in has changed",
    "plan_choose": "Choose which channels stay",
    "plan_lapsed": "Your plan holds less now",
    "plan_paid": "Your plan is paid again",
    "plan_trial": "Your trial is over soon",
    "plan_unpaid": "A payment did not go through",
    "unusual": "Unusual activity",
    "unusual_operators": "Unusual activity on your instance",
    "verify": "Confirm your address",
    "ownerless": "Your organisation has no owner",
    "report": "How your posts did",
    "request_link": "Confirm your request about privacy",
    "request_news": "News about your request about privacy",
    "reset": "Choose a new password",
    "support_answer": "We answered your message",
    "support_link": "Confirm that you wrote to us",
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters["unlinked"] = unlinked


LINKS = re.compile(r"(?<=:)(?=//)|(?<=[.\u3002\uff0e\uff61])(?=\w)")  # browsers read all as dots


def unlinked(name: str) -> str:
    """A name on one line that no mail program makes a link of: a zero-width space after each inner
    dot and before the slashes of an address."""
    return LINKS.sub("\u200b", " ".join(name.split()))


def send(template: str, to: str, *, answers: str = "", stop: str = "", **context: object) -> None:
    """Render templates/mail/<template>.txt and send it; `answers` is the id of the mail that it
    answers by itself, `stop` the address at which one click ends such mails (RFC 8058). Raises
    OSError when no server takes it."""
    settings = current_app.config["SETTINGS"]
    message = EmailMessage()
    message["Subject"] = f"{SUBJECTS[template]} - AllStac"
    message["From"] = settings.mail_from
    message["To"] = to
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.mail_from)[1].split("@")[-1])
    message["Auto-Submitted"] = "auto-replied" if answers else "auto-generated"  # RFC 3834
    if answers:
        message["In-Reply-To"] = message["References"] = answers
    if stop:
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    words = current_app.jinja_env.get_template(f"mail/{template}.txt")
    instance = {"name": "AllStac", "base_url": settings.base_url}
    message.set_content(words.render(context, instance=instance, stop=stop))
    _deliver(message, settings.smtp_url)


def _deliver(message: EmailMessage, smtp_url: str) -> None:
    if smtp_url == "console:":
        print(f"----- mail -----\n{message}\n----------------", file=sys.stdout, flush=True)
        return
    with _connect(smtp_url) as server:
        server.send_message(message)


def is_reachable() -> bool:
    """Does the mail server take our sign-in? Nothing is sent."""
    smtp_url = current_app.config["SETTINGS"].smtp_url
    if smtp_url == "console:":
        return True
    try:
        with _connect(smtp_url) as server:
            return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


@contextmanager
def _connect(smtp_url: str) -> Iterator[smtplib.SMTP]:
    url = urlsplit(smtp_url)
    with smtplib.SMTP(url.hostname or "localhost", url.port or 25, timeout=10) as server:
        if url.username:
            server.starttls(context=ssl.create_default_context())
            server.login(unquote(url.username), unquote(url.password or ""))
        yield server
