"""What a worker does for billing; safe to run twice, and in any order."""

from smtplib import SMTPRecipientsRefused
from typing import Any

import structlog
from sqlalchemy import select

from app import audit, clock, mail, queue
from app.billing import changes, dunning, events, settling, stripe_api
from app.billing.models import BillingAccount, BillingDifference, Reconciliation, StripeEvent
from app.db import db
from app.scope import across_organizations, within_organization

log = structlog.get_logger(__name__)


LOOKS = 3
UNSENT = "mails about a plan did not leave"


def settle(organization_id: int) -> list[str] | None:
    """Look at one customer at Stripe and write down what stands there; what differed. None when
    others who began later were always faster. Raises stripe_api.Away."""
    with within_organization(organization_id):  # of the member who asks, or of an account's row
        for _ in range(LOOKS):
            differences = _look(organization_id)
            if differences is not None:
                return differences
    return None


def _look(organization_id: int) -> list[str] | None:
    number = settling.begin(organization_id)
    account = db.session.get(BillingAccount, organization_id)
    if number is None or account is None:
        return []
    customer = account.customer_id
    db.session.commit()
    found = stripe_api.standing(customer)
    before = changes.look(organization_id)
    differences = settling.write_down(organization_id, number, found, clock.now())
    is_else = _put_on_record(organization_id, before)
    db.session.commit()
    if is_else:
        queue.enqueue(end_graces, on="default")
    return differences


def _put_on_record(organization_id: int, before: changes.Seen) -> bool:
    """What became of it, into the audit trail; whether anything did."""
    found = list(changes.between(before, changes.look(organization_id)))
    for action, details in found:
        audit.record(action, organization=organization_id, **details)
    return bool(found)


@across_organizations("an event says whose it is")
def settle_event(id: str) -> None:
    """Look at what the event is about. Stripe away: the clock rings again."""
    event = db.session.get(StripeEvent, id)
    if event is None or event.settled_at:
        return
    try:
        outcome = _settled(event)
    except stripe_api.Away:
        db.session.rollback()
        log.warning("billing.away", about=id)
        return
    if outcome:
        event = db.session.get_one(StripeEvent, id)
        event.outcome, event.settled_at = outcome, clock.now()
        db.session.commit()


def _settled(event: StripeEvent) -> str:
    """What became of it; empty when it is to be looked at again."""
    if event.type.startswith(("price.", "product.")):
        refresh_prices()
        return events.PRICES
    organization_id = events.organization_of(event)
    if organization_id is None:
        return events.UNKNOWN
    return "" if settle(organization_id) is None else events.SETTLED


def refresh_prices() -> None:
    """Ask what is sold and for how much."""
    found = stripe_api.prices()
    settling.write_prices(found, clock.now())
    db.session.commit()


def ring_for_events() -> None:
    """For those whose bell was lost, or that came while Stripe was away."""
    if not stripe_api.is_on():
        return
    for id in [event.id for event in db.session.scalars(StripeEvent.unsettled().limit(500))]:
        queue.enqueue(settle_event, id, on="default")


@across_organizations("the grace of every organisation runs out")
def end_graces() -> None:
    """Each hour, and when something changed: what was not paid in time does not count any more, what has
    no place any more is set aside, and both are told ahead. Stripe need not be asked."""
    troubles: list[OSError] = []
    for organization_id in dunning.concerned(clock.now()):
        before = changes.look(organization_id)
        settling.allow(organization_id, clock.now())
        _put_on_record(organization_id, before)
        db.session.commit()
        troubles += _tell(organization_id)
    if troubles:
        raise ExceptionGroup(UNSENT, troubles)


def _tell(organization_id: int) -> list[OSError]:
    """Write to the owners what they were not told yet; what kept letters from leaving. Twice is once: it
    is taken before a mail leaves."""
    with within_organization(organization_id):
        told = dunning.take(organization_id, clock.now())
        db.session.commit()
    troubles = [one for letter in told.letters if (one := _send(*letter))]
    if troubles and len(troubles) == len(told.letters):
        with within_organization(organization_id):
            dunning.give_back(told)
            db.session.commit()
    return troubles


def _send(template: str, address: str, words: dict[str, Any]) -> OSError | None:
    """What kept this letter; the others leave all the same."""
    try:
        mail.send(template, address, **words)
    except SMTPRecipientsRefused:
        log.warning("mail.refused", mail=template)
    except OSError as trouble:
        return trouble
    return None


def look_at_all() -> None:
    """Each night: every customer, whatever we were told."""
    if stripe_api.is_on():
        reconcile()
        events.forget_old(clock.now())
        db.session.commit()


@across_organizations("every customer is looked at")
def reconcile() -> dict[int, list[str]]:
    """Per organisation that is a customer, what no event had told. Raises stripe_api.Away."""
    began = Reconciliation(began_at=clock.now())
    db.session.add(began)
    db.session.commit()
    number = began.id
    refresh_prices()
    customers = select(BillingAccount.organization_id).order_by(BillingAccount.organization_id)
    found = {id: _reconcile(id) for id in db.session.scalars(customers).all()}
    done = db.session.get_one(Reconciliation, number)
    done.ended_at, done.customers = clock.now(), len(found)
    done.differed = sum(bool(differences) for differences in found.values())
    db.session.commit()
    return found


def _reconcile(organization_id: int) -> list[str]:
    differences = settle(organization_id) or []
    for words in differences:
        found = BillingDifference(
            organization_id=organization_id, words=words, found_at=clock.now()
        )
        db.session.add(found)
    db.session.commit()
    return differences
