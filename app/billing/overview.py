"""What the desk sees of billing: customers by state, what looks of our own found, what we were told, and the
invoices of organisations that are gone. Ids, states and amounts; nothing of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from app.billing.grace import ends_at, grace_ends
from app.billing.models import (
    OVERDUE,
    BillingAccount,
    BillingDifference,
    Invoice,
    Reconciliation,
    StripeEvent,
    Subscription,
)
from app.billing.money import money
from app.db import db

MOST = 100
NOTHING, WAITS = (
    "none",
    "waits",
)  # a customer without a subscription; an event that is not looked at
KEPT = timedelta(days=3653)  # invoice_10_years in docs/policies/retention.toml


@dataclass(frozen=True)
class Customer:
    """`ends_at`: when the plan ends if nobody does anything."""

    organization_id: int
    customer_id: str
    state: str
    plan: str
    quantity: int
    ends_at: datetime | None
    period_ends_at: datetime | None
    settled_at: datetime | None


def customers(state: str) -> list[Customer]:
    """The newest first; `state` '' is all."""
    with_any = select(Subscription.organization_id)
    chosen = select(BillingAccount).order_by(BillingAccount.created_at.desc()).limit(MOST)
    if state == NOTHING:
        chosen = chosen.where(BillingAccount.organization_id.not_in(with_any))
    elif state:
        mine = with_any.where(Subscription.state == state)
        chosen = chosen.where(BillingAccount.organization_id.in_(mine))
    accounts = db.session.scalars(chosen).all()
    ids = [one.organization_id for one in accounts]
    found = select(Subscription).where(Subscription.organization_id.in_(ids))
    latest: dict[int, Subscription] = {}
    for one in db.session.scalars(found.order_by(Subscription.began_at)):
        if not (state and one.state != state):
            latest[one.organization_id] = one
    return [_customer(one, latest.get(one.organization_id)) for one in accounts]


def _customer(account: BillingAccount, found: Subscription | None) -> Customer:
    mine = (account.organization_id, account.customer_id)
    if found is None:
        return Customer(*mine, NOTHING, "", 0, None, None, account.settled_at)
    ends = ends_at(found) if found.grants else found.ended_at
    return Customer(
        *mine, found.state, found.plan.name, found.quantity, ends, found.period_ends_at,
        account.settled_at,
    )  # fmt: skip


def states() -> list[tuple[str, int]]:
    """How many subscriptions are in each state, and how many customers have none."""
    by_state = select(Subscription.state, func.count()).group_by(Subscription.state)
    found = db.session.execute(by_state.order_by(Subscription.state)).all()
    with_any = select(Subscription.organization_id)
    without = select(func.count()).where(BillingAccount.organization_id.not_in(with_any))
    counted = [(state, int(count)) for state, count in found]
    return [*counted, (NOTHING, db.session.scalar(without) or 0)]


def overdue() -> list[tuple[int, datetime]]:
    """Organisations that have not paid, with the end of their grace, the soonest first."""
    chosen = select(Subscription).where(Subscription.state.in_(OVERDUE))
    found = ((one.organization_id, grace_ends(one)) for one in db.session.scalars(chosen))
    return sorted(((id, ends) for id, ends in found if ends), key=lambda one: one[1])[:MOST]


def last_reconciliation() -> Reconciliation | None:
    return db.session.scalar(select(Reconciliation).order_by(Reconciliation.id.desc()).limit(1))


def differences(since: datetime | None) -> Sequence[BillingDifference]:
    """What looks of our own found, the newest first; all of 100 or those since an instant."""
    chosen = select(BillingDifference).order_by(BillingDifference.id.desc()).limit(MOST)
    if since:
        chosen = chosen.where(BillingDifference.found_at >= since)
    return db.session.scalars(chosen).all()


def events(type: str, outcome: str, customer_id: str) -> Sequence[StripeEvent]:
    """What we were told, the newest first. Each filter may be ''."""
    chosen: Select[StripeEvent] = select(StripeEvent)
    if type:
        chosen = chosen.where(StripeEvent.type == type)
    if outcome:
        chosen = chosen.where(StripeEvent.outcome == ("" if outcome == WAITS else outcome))
    if customer_id:
        chosen = chosen.where(StripeEvent.customer_id == customer_id)
    newest = chosen.order_by(StripeEvent.received_at.desc(), StripeEvent.id).limit(MOST)
    return db.session.scalars(newest).all()


def types_and_outcomes() -> tuple[list[str], list[str]]:
    """What there is to filter by."""
    types, outcomes = (
        sorted(db.session.scalars(select(column).distinct()))
        for column in (StripeEvent.type, StripeEvent.outcome)
    )
    return types, [one or WAITS for one in outcomes]


def ownerless_invoices() -> list[dict[str, object]]:
    """Invoices of organisations that are gone, which a duty keeps."""
    chosen = select(Invoice).where(Invoice.organization_id.is_(None))
    return [
        {
            "number": one.number or one.stripe_id,
            "stripe_id": one.stripe_id,
            "issued_at": one.issued_at,
            "total": money(one.total, one.currency),
            "state": one.state,
            "until": one.issued_at + KEPT,
        }
        for one in db.session.scalars(chosen.order_by(Invoice.issued_at.desc()).limit(MOST))
    ]
