"""The desk's look at billing: customers by state, what looks of our own found, what we were told."""

from flask import Response
from sqlalchemy import func, select

from app.billing import stripe_api
from app.billing.models import BillingAccount, BillingDifference, StripeEvent, Subscription
from app.db import db
from app.operator.routes import bp
from app.scope import across_organizations
from app.web import OPERATOR, allows, page

MOST = 100


@bp.get("/operator/billing")
@allows(OPERATOR)
def billing() -> Response:
    """Ids, states and digests; nothing of a person."""
    with across_organizations("the desk counts every customer"):
        by_state = select(Subscription.state, func.count()).group_by(Subscription.state)
        states = db.session.execute(by_state.order_by(Subscription.state)).all()
        customers = db.session.scalar(select(func.count()).select_from(BillingAccount))
        found = select(BillingDifference).order_by(BillingDifference.id.desc()).limit(MOST)
        differences = db.session.scalars(found).all()
        told = select(StripeEvent).order_by(StripeEvent.received_at.desc()).limit(MOST)
        events = db.session.scalars(told).all()
        waiting = db.session.scalar(
            select(func.count()).select_from(StripeEvent).where(StripeEvent.settled_at.is_(None))
        )
    return page(
        "operator/billing.html",
        "desk",
        is_on=stripe_api.is_on(),
        customers=customers,
        states=states,
        differences=differences,
        events=events,
        waiting=waiting,
    )
