"""What became of an organisation's billing between two looks, for its audit trail: plan, state and end of
what it pays for, and each payment that failed or came in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.account import allowances
from app.billing.models import OVERDUE, Invoice, Subscription, live
from app.db import db
from app.scheduler import setting_aside

Change = tuple[str, dict[str, Any]]  # an action of the audit trail, and its details


@dataclass(frozen=True)
class Seen:
    """As it stands: the plan that counts, each subscription's state and end, what is paid, and how many
    channels are set aside. All by the provider's ids."""

    plan: str
    states: dict[str, str]
    ends: dict[str, str]
    paid: frozenset[str]
    set_aside: int


def look(organization_id: int) -> Seen:
    found = db.session.scalars(Subscription.of(organization_id)).all()
    counts = live(organization_id)
    invoices = db.session.scalars(Invoice.of(organization_id)).all()
    return Seen(
        allowances.of(organization_id).plan,
        {one.stripe_id: one.state for one in found},
        {counts.stripe_id: counts.cancels_at.isoformat() if counts.cancels_at else ""}
        if counts
        else {},
        frozenset(one.stripe_id for one in invoices if one.state == "paid" and one.total > 0),
        setting_aside.count(organization_id),
    )


def between(before: Seen, now: Seen) -> Iterator[Change]:
    """In the order in which a person would tell them."""
    for id, state in now.states.items():
        was = before.states.get(id, "")
        if state in OVERDUE and was not in OVERDUE:
            yield "billing.payment_failed", {"subscription": id}
        if state != was:
            yield "billing.state_changed", {"subscription": id, "was": was, "state": state}
    for id in sorted(now.paid - before.paid):
        yield "billing.paid", {"invoice": id}
    for id, ends in now.ends.items():
        if ends != before.ends.get(id, ""):
            yield "billing.end_changed", {"subscription": id, "ends": ends}
    if now.plan != before.plan:
        yield "billing.plan_counts", {"was": before.plan, "plan": now.plan}
    if now.set_aside != before.set_aside:
        yield "billing.channels_fitted", {"was": before.set_aside, "set_aside": now.set_aside}
