"""The desk's look at billing: customers by state, what looks of our own found, what we were told."""

from flask import Response, request
from sqlalchemy import func, select

from app.billing import overview, stripe_api
from app.billing.models import BillingAccount, StripeEvent
from app.db import db
from app.operator.routes import bp
from app.scope import across_organizations
from app.web import OPERATOR, allows, page


@bp.get("/operator/billing")
@allows(OPERATOR)
def billing() -> Response:
    """Ids, states and digests; nothing of a person. An unknown word in a filter finds nothing."""
    asked = {name: request.args.get(name, "") for name in ("state", "type", "outcome", "customer")}
    shows_all = request.args.get("differences") == "all"
    with across_organizations("the desk counts every customer"):
        last = overview.last_reconciliation()
        since = last.began_at if last and not shows_all else None
        types, outcomes = overview.types_and_outcomes()
        return page(
            "operator/billing.html",
            "desk",
            is_on=stripe_api.is_on(),
            asked=asked,
            shows_all=shows_all,
            total=db.session.scalar(select(func.count()).select_from(BillingAccount)),
            states=overview.states(),
            customers=overview.customers(asked["state"]),
            overdue=overview.overdue(),
            last=last,
            differences=overview.differences(since),
            events=overview.events(asked["type"], asked["outcome"], asked["customer"]),
            types=types,
            outcomes=outcomes,
            waiting=db.session.scalar(
                select(func.count())
                .select_from(StripeEvent)
                .where(StripeEvent.settled_at.is_(None))
            ),
            invoices=overview.ownerless_invoices(),
            most=overview.MOST,
        )
