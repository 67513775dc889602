"""Carrying an erasure out, step by step; each step is committed, and killed anywhere it is resumed."""

from collections.abc import Callable

import structlog

from app import clock, mail, queue
from app.account import jobs as account_jobs
from app.db import db
from app.privacy import erasure_steps as steps
from app.privacy import erasures, recipients
from app.privacy.erasures import CLOSED, LEAVE, PARTIAL, Erasure
from app.scope import across_organizations

log = structlog.get_logger(__name__)
# Jobs that have work when an organisation is closing, or stays after all. Filled where features are put
# together.
ON_CLOSING: list[Callable[[], object]] = []


@across_organizations("a person is in several, and some go with them")
def erase(erasure_id: int) -> None:
    """Take every step that is left. Safe to run twice, also at once: each finds nothing to do."""
    erasure, now, metadata = db.session.get_one(Erasure, erasure_id), clock.now(), db.metadata
    if not steps.begin(erasure, now):
        db.session.rollback()
        return
    db.session.commit()
    steps.say_farewell(erasure, now, db.session.commit)
    steps.hand_over(erasure, now)
    recipients.put_in_outbox(erasure.id, erasure.user_id, now)
    db.session.commit()
    steps.remove_rows(erasure, metadata, now, db.session.commit)
    db.session.commit()
    steps.empty_shell(erasure, metadata, now)
    db.session.commit()
    for notice in recipients.due(erasure.id, now):
        recipients.tell(notice, now)
        db.session.commit()
    steps.look_afterwards(erasure, metadata, now)
    _close(erasure)


def _close(erasure: Erasure) -> None:
    """The person is told before the record forgets their address; a mail server that is away
    leaves the erasure open, and it is resumed."""
    known, code, state = erasure.name_and_address, erasure.code, steps.outcome(erasure)
    db.session.commit()
    if state == PARTIAL:
        log.error("erasure.partial", erasure=erasure.id)
    if state in (CLOSED, PARTIAL):
        mail.send("erased", known["email"], name=known["name"], code=code, is_whole=state == CLOSED)
        for id in (int(id) for id, choice in erasure.choices.items() if choice == LEAVE):
            queue.enqueue(account_jobs.tell_ownerless, id, on="default")
    steps.close(erasure, state, clock.now())
    db.session.commit()


def resume() -> None:
    """Ring for every erasure that has work to do."""
    for id in erasures.waiting(clock.now()):
        queue.enqueue(erase, id, on="default")


def ring_for_closing() -> None:
    """Somebody's organisations are closing, or stay after all. Lost rings are rung by the clock."""
    for job in ON_CLOSING:
        queue.enqueue(job, on="default")


def tell_of_request(erasure_id: int) -> None:
    """A mail that says until when it can be taken back."""
    erasure = db.session.get_one(Erasure, erasure_id)
    known, due_at = erasure.name_and_address, erasure.due_at
    code = erasure.code
    db.session.rollback()
    if known["email"]:
        mail.send("erasure_asked", known["email"], name=known["name"], due_at=due_at, code=code)
