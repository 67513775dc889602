"""How long a plan counts that is not paid, and when the one that runs now ends."""

from datetime import datetime, timedelta

from app.billing.models import Subscription
from app.billing.plans import GRACE_DAYS

GRACE = timedelta(days=GRACE_DAYS)


def grace_ends(found: Subscription) -> datetime | None:
    """Until when an overdue plan still counts."""
    if not found.is_overdue:
        return None
    return (found.unpaid_since or found.began_at) + GRACE


def is_lapsed(found: Subscription, now: datetime) -> bool:
    ends = grace_ends(found)
    return ends is not None and now >= ends


def ends_at(found: Subscription | None) -> datetime | None:
    """When the plan ends if nobody does anything; None while it goes on."""
    if found is None:
        return None
    return grace_ends(found) or found.cancels_at or found.trial_ends_at_now
