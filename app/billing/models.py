"""What is held of payment: plan, state and references; never a card number, never a body of an event."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column

from app.billing.plans import KEYS, Plan, by_key
from app.datamap import plain
from app.db import Model, db

# docs.stripe.com/billing/subscriptions/overview: an overdue one becomes "unpaid" when no retry is left
OVERDUE = ("past_due", "unpaid")
GRANTING = ("active", "trialing", *OVERDUE)


class BillingAccount(Model):
    """An organisation at the payment provider, where it is known by its number and nothing else."""

    __tablename__ = "billing_account"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    customer_id: Mapped[str] = mapped_column(unique=True, info=plain("cus_…"))
    fence: Mapped[int] = mapped_column(
        default=0, info=plain("counts looks; only the last one that began is written down")
    )
    checkout_id: Mapped[str | None] = mapped_column(info=plain("the page to pay on, the last one"))
    checkout_for: Mapped[str | None] = mapped_column(info=plain("what was chosen for it"))
    settled_at: Mapped[datetime | None] = mapped_column(info=plain())
    created_at: Mapped[datetime] = mapped_column(info=plain())


class Subscription(Model):
    """A subscription as the payment provider had it when we last looked."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    stripe_id: Mapped[str] = mapped_column(unique=True, info=plain("sub_…"))
    item_id: Mapped[str] = mapped_column(info=plain("si_…"))
    state: Mapped[str] = mapped_column(info=plain("the provider's own word"))
    lookup_key: Mapped[str] = mapped_column(info=plain("plan and cycle"))
    quantity: Mapped[int] = mapped_column(info=plain())
    currency: Mapped[str] = mapped_column(info=plain())
    began_at: Mapped[datetime] = mapped_column(info=plain())
    trial_ends_at: Mapped[datetime | None] = mapped_column(info=plain())
    period_ends_at: Mapped[datetime | None] = mapped_column(info=plain())
    cancels_at: Mapped[datetime | None] = mapped_column(info=plain())
    ended_at: Mapped[datetime | None] = mapped_column(info=plain())
    unpaid_since: Mapped[datetime | None] = mapped_column(info=plain("of the oldest open invoice"))
    told: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("what its owners were last told of its payment")
    )
    ends_for_closing: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        info=plain("its renewal was ended because its organisation is to be deleted"),
    )

    @classmethod
    def of(cls, organization_id: int) -> Select["Subscription"]:
        return select(cls).where(cls.organization_id == organization_id).order_by(cls.began_at)

    @property
    def plan(self) -> Plan:
        return by_key(self.lookup_key)

    @property
    def cycle(self) -> str:
        found = KEYS.get(self.lookup_key)
        return found[1] if found else ""

    @property
    def trial_ends_at_now(self) -> datetime | None:
        """While it is tried out: when that is over."""
        return self.trial_ends_at if self.state == "trialing" else None

    @property
    def grants(self) -> bool:
        return self.state in GRANTING

    @property
    def is_overdue(self) -> bool:
        return self.state in OVERDUE


class Invoice(Model):
    """An invoice: what was asked for and whether it is paid. The paper itself is at the provider. A duty
    keeps it when its organisation goes: what is left then is number and amounts, of nobody."""

    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="SET NULL"),
        index=True,
        info=plain("empty once the organisation is gone"),
    )
    stripe_id: Mapped[str] = mapped_column(unique=True, info=plain("in_…"))
    number: Mapped[str] = mapped_column(info=plain())
    state: Mapped[str] = mapped_column(info=plain("draft | open | paid | uncollectible | void"))
    currency: Mapped[str] = mapped_column(info=plain())
    total: Mapped[int] = mapped_column(info=plain("in the smallest unit"))
    remaining: Mapped[int] = mapped_column(info=plain("still to be paid"))
    issued_at: Mapped[datetime] = mapped_column(info=plain())
    paid_at: Mapped[datetime | None] = mapped_column(info=plain())

    @classmethod
    def of(cls, organization_id: int) -> Select["Invoice"]:
        chosen = select(cls).where(cls.organization_id == organization_id)
        return chosen.order_by(cls.issued_at.desc(), cls.stripe_id)


class PlanPrice(Model):
    """What a plan costs, as the payment provider says it."""

    __tablename__ = "plan_price"
    __table_args__ = (UniqueConstraint("lookup_key", "currency"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    lookup_key: Mapped[str] = mapped_column(info=plain("plan and cycle"))
    currency: Mapped[str] = mapped_column(info=plain())
    amount: Mapped[int] = mapped_column(info=plain("in the smallest unit, for one"))
    stripe_id: Mapped[str] = mapped_column(info=plain("price_…"))
    seen_at: Mapped[datetime] = mapped_column(info=plain())


class StripeEvent(Model):
    """That we were told something: once per id, whatever was sent. The body is not kept."""

    __tablename__ = "stripe_event"

    id: Mapped[str] = mapped_column(primary_key=True, info=plain("evt_…"))
    type: Mapped[str] = mapped_column(info=plain())
    customer_id: Mapped[str | None] = mapped_column(info=plain("cus_…"))
    digest: Mapped[str] = mapped_column(info=plain("SHA-256 of the body"))
    made_at: Mapped[datetime] = mapped_column(info=plain())
    received_at: Mapped[datetime] = mapped_column(index=True, info=plain())
    settled_at: Mapped[datetime | None] = mapped_column(index=True, info=plain())
    outcome: Mapped[str] = mapped_column(default="", info=plain("what became of it"))

    @classmethod
    def unsettled(cls) -> Select["StripeEvent"]:
        return select(cls).where(cls.settled_at.is_(None)).order_by(cls.received_at)


class BillingDifference(Model):
    """What a look by ourselves found that no event had told us."""

    __tablename__ = "billing_difference"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    words: Mapped[str] = mapped_column(info=plain("ids and states"))
    found_at: Mapped[datetime] = mapped_column(info=plain())


class Reconciliation(Model):
    """A look at every customer, whatever we had been told."""

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    began_at: Mapped[datetime] = mapped_column(info=plain())
    ended_at: Mapped[datetime | None] = mapped_column(info=plain("empty when it broke off"))
    customers: Mapped[int] = mapped_column(default=0, info=plain("that were looked at"))
    differed: Mapped[int] = mapped_column(default=0, info=plain("of them"))


def account_of(organization_id: int) -> BillingAccount | None:
    return db.session.get(BillingAccount, organization_id)


def live(organization_id: int) -> Subscription | None:
    """The subscription that counts: one that is paid before one that isn't, the oldest first."""
    rows = db.session.scalars(Subscription.of(organization_id)).all()
    granting = [row for row in rows if row.grants]
    return min(granting, key=lambda one: one.is_overdue, default=None)
