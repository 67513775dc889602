"""Steps of buying. Of two people who buy at once both are led to the same page to pay on, and of two
different pages only the last one stays open: so an organisation never pays twice."""

from datetime import datetime

from sqlalchemy import func, select, update

from app.account.models import Organization
from app.billing.models import BillingAccount, PlanPrice, Subscription
from app.billing.stripe_facts import COMPLETE, OPEN, Session
from app.db import db, inserting, table


def customer_key(organization: Organization) -> str:
    """Asking twice for one organisation gives the same customer, also at once; one that is gone at
    Stripe is followed by another."""
    bought = _count_bought(organization.id)
    return f"customer-{organization.id}-{int(organization.created_at.timestamp())}-{bought}"


def _count_bought(organization_id: int) -> int:
    mine = select(func.count()).where(Subscription.organization_id == organization_id)
    return db.session.scalar(mine) or 0


def keep_customer(organization_id: int, customer_id: str, now: datetime) -> None:
    """Twice is once."""
    values = {
        "organization_id": organization_id,
        "customer_id": customer_id,
        "fence": 0,
        "created_at": now,
    }
    new = inserting(table(BillingAccount)).values(values)
    db.session.execute(new.on_conflict_do_nothing())


def trial_key(account: BillingAccount) -> str:
    return f"trial-{account.customer_id}"


def checkout_key(account: BillingAccount, wish: str) -> str:
    """The next page after the last one: whoever asks at once for the same gets the same."""
    bought = select(func.count()).where(Subscription.organization_id == account.organization_id)
    return (
        f"checkout-{account.customer_id}-{wish}-{account.checkout_id}-{db.session.scalar(bought)}"
    )


def swap(organization_id: int, before: str | None, made: Session, wish: str) -> bool:
    """The new page is the one that counts, unless another took its place meanwhile."""
    is_still = (
        BillingAccount.checkout_id.is_(None)
        if before is None
        else BillingAccount.checkout_id == before
    )
    changed = (
        update(BillingAccount)
        .where(BillingAccount.organization_id == organization_id, is_still)
        .values(checkout_id=made.id, checkout_for=wish)
        .returning(BillingAccount.organization_id)
    )
    return db.session.scalar(changed) is not None


def is_open(session: Session) -> bool:
    return session.state == OPEN


def is_paid(session: Session) -> bool:
    return session.state == COMPLETE


def change_key(found: Subscription, price: PlanPrice, quantity: int, at: datetime) -> str:
    return f"change-{found.stripe_id}-{price.stripe_id}-{quantity}-{int(at.timestamp())}"
