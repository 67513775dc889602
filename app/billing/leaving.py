"""When an organisation goes: its customer is deleted at Stripe, which ends every subscription at once. Our
rows of plan and state go with it; those of its invoices stay, of nobody, for as long as tax law wants them
(docs/policies/retention.toml), as do the papers at Stripe. The renewal ended before: app/billing/closing.py."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from app.billing import stripe_api
from app.billing.models import BillingAccount
from app.db import db


def customers(organizations: Sequence[int]) -> list[str] | None:
    """Whom Stripe has to be told of; None when nobody."""
    mine = BillingAccount.organization_id.in_(organizations)
    found = db.session.scalars(select(BillingAccount.customer_id).where(mine)).all()
    return list(found) or None


def leave(customers: Sequence[str]) -> bool:
    """Twice is once. Raises stripe_api.Away, an OSError; without keys nobody can be asked."""
    if not stripe_api.is_on():
        return False
    for customer in customers:
        with suppress(stripe_api.Gone):
            stripe_api.delete_customer(customer)
    return True
