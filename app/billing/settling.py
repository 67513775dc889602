"""Making our rows say what Stripe says. Whatever was told, in whatever order, all of a customer is looked
at anew and written down: so the end is the same however often and in whatever order it is done."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from app.account import allowances
from app.billing import fitting
from app.billing.grace import ends_at, is_lapsed
from app.billing.models import BillingAccount, Invoice, PlanPrice, Subscription, live
from app.billing.plans import FREE
from app.billing.stripe_facts import InvoiceFacts, Price, Standing, SubscriptionFacts
from app.db import db

GONE = "the customer is gone at the provider"


def begin(organization_id: int) -> int | None:
    """A number for one look at the customer, drawn before it; None without a customer."""
    drawn = (
        update(BillingAccount)
        .where(BillingAccount.organization_id == organization_id)
        .values(fence=BillingAccount.fence + 1)
        .returning(BillingAccount.fence)
    )
    return db.session.scalar(drawn)


def write_down(
    organization_id: int, number: int, standing: Standing, now: datetime
) -> list[str] | None:
    """What was seen; what differed from before, in words. None when somebody began to look later,
    who has seen more."""
    mine = (BillingAccount.organization_id == organization_id, BillingAccount.fence == number)
    drawn = update(BillingAccount).where(*mine).values(settled_at=now)
    if db.session.scalar(drawn.returning(BillingAccount.fence)) is None:
        return None
    differences = [
        *_subscriptions(organization_id, standing),
        *_invoices(organization_id, standing),
    ]
    if standing.is_deleted:
        differences.append(GONE)
        db.session.execute(
            delete(BillingAccount).where(BillingAccount.organization_id == organization_id)
        )
    db.session.flush()
    allow(organization_id, now)
    return differences


def allow(organization_id: int, now: datetime) -> None:
    """Write what the organisation may have from now on, and make its channels fit."""
    found = live(organization_id)
    before, room = allowances.of(organization_id), room_of(found, now)
    if before != room:
        allowances.write(organization_id, room, now)
    was_told = found is not None and is_lapsed(found, now)
    fitting.fit(organization_id, now, ends_at(found), was_told=was_told)


def room_of(found: Subscription | None, now: datetime) -> allowances.Room:
    """A plan counts while it is paid, tried out, or overdue by less than the grace."""
    if found is None or is_lapsed(found, now):
        return FREE.room
    return found.plan.room.times(min(found.quantity, max(found.plan.most, 1)))


def _subscriptions(organization_id: int, standing: Standing) -> Iterator[str]:
    rows = db.session.scalars(Subscription.of(organization_id)).all()
    known = {row.stripe_id: row for row in rows}
    for facts in standing.subscriptions:
        values = asdict(facts) | {"unpaid_since": _unpaid_since(facts, standing.invoices)}
        row = known.pop(facts.stripe_id, None) or Subscription(organization_id=organization_id)
        yield from _take(row, values)
    for row in known.values():
        if row.state != "canceled":
            yield f"{row.stripe_id}: {row.state} > canceled"
            row.state = "canceled"
    granting = [facts for facts in standing.subscriptions if facts.state == "active"]
    if len(granting) > 1:
        yield f"{len(granting)} subscriptions are active at once"


def _unpaid_since(facts: SubscriptionFacts, invoices: Sequence[InvoiceFacts]) -> datetime | None:
    mine = (one for one in invoices if one.subscription == facts.stripe_id)
    return min((one.issued_at for one in mine if one.state == "open"), default=None)


def _invoices(organization_id: int, standing: Standing) -> Iterator[str]:
    rows = db.session.scalars(Invoice.of(organization_id)).all()
    known = {row.stripe_id: row for row in rows}
    for facts in standing.invoices:
        if facts.state == "draft":
            continue  # not issued yet
        values = asdict(facts)
        del values["subscription"]
        row = known.get(facts.stripe_id) or Invoice(organization_id=organization_id)
        yield from _take(row, values)


def _take(row: Subscription | Invoice, values: dict[str, Any]) -> Iterator[str]:
    """The values into the row; what it said before, when that was something else."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    db.session.add(row)
    id = values["stripe_id"]
    if before["stripe_id"] is None:
        yield f"{id}: not known before, {values['state']}"
    for name, value in before.items():
        if before["stripe_id"] is not None and value != values[name]:
            yield f"{id}: {name} {value} > {values[name]}"


def write_prices(found: Iterable[Price], now: datetime) -> None:
    """What is sold, and for how much; what Stripe doesn't name any more is not sold."""
    known = {(row.lookup_key, row.currency): row for row in db.session.scalars(select(PlanPrice))}
    for price in found:
        key = (price.lookup_key, price.currency)
        row = known.pop(key, None) or PlanPrice(lookup_key=key[0], currency=key[1])
        row.amount, row.stripe_id, row.seen_at = price.amount, price.id, now
        db.session.add(row)
    for row in known.values():
        db.session.delete(row)
    db.session.flush()
