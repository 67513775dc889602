"""Stripe is asked not to renew the plan of an organisation that is to be deleted, or to go on after all.
Safe to run twice; what did not come through is asked again by the clock."""

from datetime import datetime

import structlog

from app.billing import closing, dunning, jobs, stripe_api
from app.db import db
from app.scope import across_organizations, within_organization

log = structlog.get_logger(__name__)


@across_organizations("whichever are to be deleted, or stay after all")
def follow() -> None:
    """A copied database asks nothing: the plan is that of the instance that it was copied from."""
    if not stripe_api.is_on() or any(ask() for ask in dunning.IS_FOREIGN):
        return
    for organization_id in closing.concerned():
        end_or_go_on(organization_id)


def say_farewell(organization_id: int, _: datetime) -> None:
    """Before its rows go, for one that nobody waited for."""
    if stripe_api.is_on():
        end_or_go_on(organization_id)


def end_or_go_on(organization_id: int) -> None:
    """Noted before it is asked: whatever breaks between the two, it can be taken back. Noted after it
    too: who went the other way meanwhile is asked for again."""
    with within_organization(organization_id):
        try:
            for stripe_id, ends in (wishes := closing.wishes(organization_id)):
                _note(stripe_id, ends=True)
                stripe_api.end_with_period(stripe_id, ends=ends)
                _note(stripe_id, ends=ends)
            if wishes:
                jobs.settle(organization_id)
        except (stripe_api.Away, stripe_api.Gone) as trouble:
            db.session.rollback()
            log.warning("billing.not_followed", trouble=type(trouble).__name__)


def _note(stripe_id: str, *, ends: bool) -> None:
    closing.note(stripe_id, ends=ends)
    db.session.commit()
