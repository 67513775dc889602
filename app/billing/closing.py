"""An organisation that is to be deleted pays for nothing more: its plan is not renewed while the deletion
can still be taken back, and goes on when that is done."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.account.models import Organization
from app.billing.models import GRANTING, Invoice, Subscription, live
from app.billing.money import money
from app.db import db
from app.scope import across_organizations

Wish = tuple[str, bool]  # a subscription at Stripe, and whether it is to end with its period


def _to_change() -> ColumnElement[bool]:
    """Subscriptions whose renewal is not what their organisation's future wants. One that its owner let
    run out stays so, whatever becomes of the organisation."""
    to_end = and_(Organization.closing_at.is_not(None), Subscription.cancels_at.is_(None))
    to_go_on = and_(Organization.closing_at.is_(None), Subscription.ends_for_closing)
    return and_(Subscription.state.in_(GRANTING), or_(to_end, to_go_on))


def concerned() -> Sequence[int]:
    """Organisations with something to change at Stripe."""
    found = select(Subscription.organization_id).join(Organization).where(_to_change()).distinct()
    return db.session.scalars(found.order_by(Subscription.organization_id)).all()


def wishes(organization_id: int) -> list[Wish]:
    mine = select(Subscription.stripe_id, Organization.closing_at).join(Organization)
    found = mine.where(Subscription.organization_id == organization_id, _to_change())
    return [(id, closing_at is not None) for id, closing_at in db.session.execute(found)]


def note(stripe_id: str, *, ends: bool) -> None:
    """That we asked for it, so that we and nobody else take it back."""
    noted = update(Subscription).where(Subscription.stripe_id == stripe_id)
    db.session.execute(noted.values(ends_for_closing=ends))


@across_organizations("the plans of the organisations that a person owns")
def plans_of(organizations: Collection[int]) -> list[dict[str, object]]:
    """What a person is shown who is about to delete them: plan, end of what is paid, what is open."""
    homes = select(Organization).where(Organization.id.in_(organizations))
    return [
        {
            "organization": home.name,
            "plan": found.plan.name,
            "ends_at": found.cancels_at or found.period_ends_at,
            "renews": found.cancels_at is None,
            "open": [money(one.remaining, one.currency) for one in _open(home.id)],
        }
        for home in db.session.scalars(homes.order_by(Organization.id)).all()
        if (found := live(home.id))
    ]


def _open(organization_id: int) -> Sequence[Invoice]:
    mine = Invoice.of(organization_id).where(Invoice.state == "open", Invoice.remaining > 0)
    return db.session.scalars(mine).all()
