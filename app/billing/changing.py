"""May a plan that runs be changed over, and to this?"""

from app.billing.models import Subscription

PAY_FIRST = (
    "The last payment for your plan did not go through. Pay first, at Stripe under “Cards and addresses”;"
    " then you can change it."
)
SAME = "That is the plan that you have."
Choice = tuple[str, str, int]  # plan, cycle, quantity


def refuse(found: Subscription, wanted: Choice) -> str:
    """Why not, for the person; empty when it may. What is left of a period that nobody paid for would be
    given back as credit, and buy the next plan."""
    if found.is_overdue:
        return PAY_FIRST
    return SAME if wanted == (found.plan.slug, found.cycle, found.quantity) else ""
