"""What the publisher may be told to do. Jobs carry nothing: the rows say what is due."""

from smtplib import SMTPRecipientsRefused

import structlog

from app import clock, mail
from app.db import db
from app.publishing import clocks, clones, engine, gaps, grants, sweeping, telling, worker
from app.scope import across_organizations, within_organization

log = structlog.get_logger(__name__)


@across_organizations("the publisher carries everybody's deliveries")
def publish() -> None:
    """Publish everything that is due. Running this twice is harmless."""
    now, skew = clock.now(), clocks.skew()
    if not clocks.is_astray(skew) and gaps.notice(now):
        gaps.hold_restored(now)
        gaps.doubt_held(now)
    sweeping.beat("publisher", now, skew)
    db.session.commit()
    engine.run_shift(worker.is_stopping, lambda now: sweeping.beat("publisher", now, skew))


@across_organizations("keys wear out in every organisation")
def renew_worn() -> None:
    """Renew keys before posts need them. Running this twice is harmless: one renewal at a time."""
    for channel_id in grants.worn(clock.now()):
        grants.renew(channel_id)


def tell() -> None:
    """Write to those who have to look. Running this twice tells once: what is told is taken before a
    mail leaves. A copy of another instance's database tells nobody."""
    now = clock.now()
    for id in [] if clones.is_foreign() else telling.organizations(now):
        with within_organization(id):
            told = telling.take(id, now)
            db.session.commit()
        if troubles := [one for letter in told.letters if (one := _send(letter))]:
            if len(troubles) == len(told.letters):
                with within_organization(id):
                    telling.give_back(told)
                    db.session.commit()
            raise ExceptionGroup("mails about posts that need eyes did not leave", troubles)


def _send(letter: telling.Words) -> OSError | None:
    """What kept this letter; the others leave all the same."""
    try:
        mail.send("eyes", letter[0], **letter[1])
    except SMTPRecipientsRefused:
        log.warning("mail.refused", mail="eyes")
    except OSError as trouble:
        return trouble
    return None
