"""Who owns an organisation has its plan: that is on record when the owner changes."""

from app import audit
from app.billing.models import account_of


def move(organization_id: int, owner_id: int) -> None:
    """The account at the provider is the organisation's, so it goes along by itself."""
    if account := account_of(organization_id):
        customer = account.customer_id
        audit.record(
            "billing.moved", organization=organization_id, subject=owner_id, customer=customer
        )
