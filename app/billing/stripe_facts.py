"""What Stripe says of things, in values of our own (docs.stripe.com/api)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.billing.plans import CURRENCIES

OPEN, COMPLETE = "open", "complete"


@dataclass(frozen=True)
class Refused:
    """Stripe's reason, for the person."""

    reason: str


@dataclass(frozen=True)
class Price:
    lookup_key: str
    currency: str
    amount: int
    id: str


@dataclass(frozen=True)
class SubscriptionFacts:
    """Names as in models.Subscription."""

    stripe_id: str
    item_id: str
    state: str
    lookup_key: str
    quantity: int
    currency: str
    began_at: datetime
    trial_ends_at: datetime | None
    period_ends_at: datetime | None
    cancels_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class InvoiceFacts:
    """Names as in models.Invoice; `subscription` is the id of the one that it is for."""

    stripe_id: str
    number: str
    state: str
    currency: str
    total: int
    remaining: int
    issued_at: datetime
    paid_at: datetime | None
    subscription: str


@dataclass(frozen=True)
class Standing:
    """All that counts of a customer, as Stripe has it now."""

    is_deleted: bool
    subscriptions: tuple[SubscriptionFacts, ...] = ()
    invoices: tuple[InvoiceFacts, ...] = ()


@dataclass(frozen=True)
class Session:
    """A page to pay on: open | complete | expired."""

    id: str
    state: str
    url: str


@dataclass(frozen=True)
class Preview:
    """What a change costs at once, and the lines of it (words, amount); amounts may be negative."""

    due: int
    currency: str
    lines: tuple[tuple[str, int], ...]


def prices_of(said: dict[str, Any]) -> list[Price]:
    """One for each currency that it has and that we sell in."""
    options = {said["currency"]: said, **(said.get("currency_options") or {})}
    return [
        Price(said["lookup_key"], currency, option["unit_amount"], said["id"])
        for currency, option in options.items()
        if currency in CURRENCIES
    ]


def session_of(found: Any) -> Session:
    return Session(found.id, found.status, found.url or "")


def subscription_of(said: dict[str, Any]) -> SubscriptionFacts:
    item = said["items"]["data"][0]
    return SubscriptionFacts(
        stripe_id=said["id"],
        item_id=item["id"],
        state=said["status"],
        lookup_key=item["price"]["lookup_key"] or "",
        quantity=item.get("quantity") or 1,
        currency=said["currency"],
        began_at=_moment(said["created"]),
        trial_ends_at=_some(said["trial_end"]),
        period_ends_at=_some(item["current_period_end"]),
        cancels_at=_some(said["cancel_at"]),
        ended_at=_some(said["ended_at"]),
    )


def invoice_of(said: dict[str, Any]) -> InvoiceFacts:
    for_ = (said.get("parent") or {}).get("subscription_details") or {}
    return InvoiceFacts(
        stripe_id=said["id"],
        number=said["number"] or "",
        state=said["status"],
        currency=said["currency"],
        total=said["total"],
        remaining=said["amount_remaining"],
        issued_at=_moment(said["created"]),
        paid_at=_some(said["status_transitions"]["paid_at"]),
        subscription=str(for_.get("subscription") or ""),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _some(seconds: int | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)
