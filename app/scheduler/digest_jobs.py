"""Digests by mail: each day, as soon as it is eight where the person is."""

from smtplib import SMTPRecipientsRefused

import structlog

from app import clock, mail, queue
from app.db import db
from app.scheduler import digests
from app.scope import across_organizations

log = structlog.get_logger(__name__)


def send_due() -> None:
    """One job for each person for whom something waits."""
    for id in digests.due(clock.now()):
        queue.enqueue(send, id, on="default")


@across_organizations("a person's digest tells of all that they belong to")
def send(person_id: int) -> None:
    """Running this twice tells once: what is told is taken before the mail leaves."""
    taken = digests.take(person_id, clock.now())
    db.session.commit()
    if taken is None or not taken.words:
        return
    try:
        mail.send("digest", taken.to, **taken.words)
    except OSError as trouble:
        if _is_final(trouble):
            log.warning("mail.refused", mail="digest")
            return
        digests.give_back(taken)
        db.session.commit()
        raise


def _is_final(trouble: OSError) -> bool:
    """Is there no such address? A server that asks to come again later (4xx, RFC 5321 4.2.1) is not."""
    codes = trouble.recipients.values() if isinstance(trouble, SMTPRecipientsRefused) else ()
    return any(code >= 500 for code, _ in codes)
