"""A mail to the privacy address, read for what a request needs. Machines are not answered."""

import email
import email.policy
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from hashlib import sha256

from email_validator import EmailNotValidError, validate_email
from markupsafe import Markup

from app.account.forms import normal
from app.account.models import fold

MOST_TEXT = 10_000
LISTS = ("List-Id", "List-Post", "List-Unsubscribe", "X-Auto-Response-Suppress", "X-Loop")
ROBOTS = re.compile(
    r"mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|bounces?[-+=].*|owner-.*|.*-request"
)
MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\uffff]{1,250}>")


class NotAPerson(Exception):
    """The text says by what a machine was recognised."""


@dataclass(frozen=True)
class Letter:
    """What somebody wrote. `origin` is the same when the same mail comes again."""

    sender: str
    text: str
    message_id: str
    origin: str


def read(raw: bytes, own: set[str]) -> Letter:
    """An RFC 5322 message as a letter. Raises NotAPerson for what must not be answered (RFC 3834,
    section 2): that is how two robots never begin to talk."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    sender = _sender(message, own)
    if why := _machine(message, sender):
        raise NotAPerson(why)
    found = MESSAGE_ID.search(_header(message, "Message-ID"))
    message_id = found[0] if found else ""
    unique = message_id.encode() or raw
    text = _text(raw)
    return Letter(sender, text, message_id, sha256(sender.encode() + b"\n" + unique).hexdigest())


def _header(message: email.message.Message, name: str) -> str:
    return str(message.get(name, ""))


def _sender(message: email.message.Message, own: set[str]) -> str:
    """The one address in From. Raises NotAPerson when there is none, more than one, or ours."""
    found = getaddresses([str(value) for value in message.get_all("From", [])])
    if len(found) != 1:
        raise NotAPerson("it has no single sender")
    if fold(found[0][1]) in own:
        raise NotAPerson("it is from ourselves")
    try:
        checked = validate_email(found[0][1], check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise NotAPerson("its sender is no address") from None
    return fold(checked.normalized)


def _machine(message: email.message.Message, sender: str) -> str:
    """By what this is known to come from a machine; empty for a person's mail."""
    submitted = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return f"Auto-Submitted is {submitted}"
    if _header(message, "Precedence").strip().lower() in ("bulk", "junk", "list"):
        return "its Precedence is that of bulk mail"
    if lists := [name for name in LISTS if message.get(name)]:
        return f"it has the header {lists[0]}"
    if "Return-Path" in message and not parseaddr(_header(message, "Return-Path"))[1]:
        return "its Return-Path is empty: a bounce"
    if message.get_content_type() in ("multipart/report", "message/delivery-status"):
        return "it is a delivery report"
    if ROBOTS.fullmatch(sender.split("@")[0]):
        return "its sender is a robot's address"
    return ""


def _text(raw: bytes) -> str:
    """Subject and body as plain text; the mail itself is not kept."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    try:
        subject = str(message.get("Subject", ""))
        body = message.get_body(("plain", "html"))
        content = str(body.get_content()) if body else ""
    except (LookupError, ValueError, AttributeError, TypeError, MessageError):  # broken mail
        subject, body, content = "", None, _undecoded(message)
    if body is not None and body.get_content_type() == "text/html":
        content = Markup(content).striptags()  # noqa: S704  # tags are taken out, nothing is shown
    return normal(f"{subject}\n\n{content}").strip()[:MOST_TEXT]


def _undecoded(message: EmailMessage) -> str:
    payload = message.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
