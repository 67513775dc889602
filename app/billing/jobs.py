"""What a worker does for billing; safe to run twice, and in any order."""

import structlog
from sqlalchemy import select

from app import clock, queue
from app.billing import events, settling, stripe_api
from app.billing.models import BillingAccount, BillingDifference, StripeEvent, Subscription
from app.db import db
from app.scope import across_organizations, within_organization

log = structlog.get_logger(__name__)


LOOKS = 3


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
    differences = settling.write_down(organization_id, number, found, clock.now())
    db.session.commit()
    return differences


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
    """Each hour: what was not paid in time does not count any more. Stripe need not be asked."""
    overdue = select(Subscription.organization_id).where(Subscription.state == "past_due")
    for organization_id in db.session.scalars(overdue.distinct()).all():
        settling.allow(organization_id, clock.now())
    db.session.commit()


def look_at_all() -> None:
    """Each night: every customer, whatever we were told."""
    if stripe_api.is_on():
        reconcile()
        events.forget_old(clock.now())
        db.session.commit()


@across_organizations("every customer is looked at")
def reconcile() -> dict[int, list[str]]:
    """Per organisation that is a customer, what no event had told. Raises stripe_api.Away."""
    refresh_prices()
    customers = select(BillingAccount.organization_id).order_by(BillingAccount.organization_id)
    return {id: _reconcile(id) for id in db.session.scalars(customers).all()}


def _reconcile(organization_id: int) -> list[str]:
    differences = settle(organization_id) or []
    for words in differences:
        found = BillingDifference(
            organization_id=organization_id, words=words, found_at=clock.now()
        )
        db.session.add(found)
    db.session.commit()
    return differences
