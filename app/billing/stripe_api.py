"""Stripe: the only module that knows its SDK. No transaction is open while it is asked.

An organisation is a customer with its number and nothing else; who pays types the rest on Stripe's own
pages. API as pinned by the SDK (docs.stripe.com/api). Every verb raises Away when Stripe can't be
reached; what it refuses for a reason that a person can mend is Refused."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import current_app

from app.billing.plans import KEYS, TRIAL_DAYS
from app.billing.stripe_facts import (
    Preview,
    Price,
    Refused,
    Session,
    Standing,
    invoice_of,
    prices_of,
    session_of,
    subscription_of,
)
from app.config import Settings
from app.db import db

P = ParamSpec("P")
T = TypeVar("T")
SECONDS, TRIES, PAGE = 10, 2, 100
MISSING = "resource_missing"
ANOTHER_PERIOD = "Another period of your plan has begun since you saw the price. Look at it again."


class Gone(LookupError):
    """Stripe does not know it any more: removed there by hand, or another account's."""


class Away(OSError):
    """Stripe did not answer, or not with sense; again later."""


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def is_on() -> bool:
    """Are plans sold here?"""
    return settings().stripe_secret_key is not None


def _asked(verb: Callable[P, T]) -> Callable[P, T]:
    @wraps(verb)
    def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        import stripe

        db.session.rollback()
        try:
            return verb(*args, **kwargs)
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as trouble:
            raise Away(f"Stripe can't be reached ({type(trouble).__name__}).") from None
        except stripe.InvalidRequestError as trouble:
            if trouble.code != MISSING:
                raise
            raise Gone(str(trouble.user_message)) from None

    return ask


def _api() -> Any:
    """The SDK's resources, read as dictionaries from here on."""
    import stripe

    base, key = settings().stripe_api_base, settings().stripe_secret_key
    assert key, "billing is off"
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        max_network_retries=TRIES,
        http_client=stripe.RequestsClient(timeout=SECONDS),
    ).v1


@_asked
def prices() -> list[Price]:
    """Those of our plans that can be bought now, in each currency that they have."""
    wanted = {"active": True, "lookup_keys": list(KEYS), "limit": PAGE}
    found = _api().prices.list(wanted | {"expand": ["data.currency_options"]})
    return [price for one in found.auto_paging_iter() for price in prices_of(one.to_dict())]


@_asked
def make_customer(organization_id: int, key: str) -> str:
    """The customer of an organisation; the same key gives the same one."""
    known_as = {"metadata": {"organization": str(organization_id)}}
    made = _api().customers.create(known_as, {"idempotency_key": key})
    return str(made.id)


@_asked
def open_checkout(customer: str, price: str, quantity: int, currency: str, key: str) -> Session:
    """Stripe's page where a plan is paid for, which leads back to /billing."""
    back = settings().base_url
    wanted = {
        "mode": "subscription",
        "customer": customer,
        "line_items": [{"price": price, "quantity": quantity}],
        "currency": currency,
        "success_url": f"{back}/billing/return",
        "cancel_url": f"{back}/billing",
        "allow_promotion_codes": True,
        "tax_id_collection": {"enabled": True},
        "customer_update": {"name": "auto", "address": "auto"},
    }
    return session_of(_api().checkout.sessions.create(wanted, {"idempotency_key": key}))


@_asked
def find_checkout(id: str) -> Session:
    return session_of(_api().checkout.sessions.retrieve(id))


@_asked
def end_checkout(id: str) -> Session:
    """Nobody can pay there any more; what is paid already stays so."""
    import stripe

    try:
        return session_of(_api().checkout.sessions.expire(id))
    except stripe.InvalidRequestError:
        return session_of(_api().checkout.sessions.retrieve(id))


@_asked
def portal(customer: str) -> str:
    """Stripe's page for cards, addresses, tax ids and receipts."""
    back = f"{settings().base_url}/billing/return"
    made = _api().billing_portal.sessions.create({"customer": customer, "return_url": back})
    return str(made.url)


@_asked
def begin_trial(
    customer: str, price: str, quantity: int, currency: str, key: str
) -> Refused | None:
    """A subscription without a card; it ends by itself when none is given."""
    wanted = {
        "customer": customer,
        "items": [{"price": price, "quantity": quantity}],
        "currency": currency,
        "trial_period_days": TRIAL_DAYS,
        "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
    }
    return _refusable(lambda: _api().subscriptions.create(wanted, {"idempotency_key": key}))


@_asked
def preview(
    customer: str, subscription: str, item: str, price: str, quantity: int, at: datetime
) -> Preview | Refused:
    """What changing over would cost at that moment."""
    details = _change(item, price, quantity, at)
    wanted = {"customer": customer, "subscription": subscription, "subscription_details": details}
    found = _refusable(lambda: _api().invoices.create_preview(wanted), keep=True)
    if isinstance(found, Refused):
        return found
    said = found.to_dict()
    lines = [(line["description"] or "", line["amount"]) for line in said["lines"]["data"]]
    return Preview(said["amount_due"], said["currency"], tuple(lines))


@_asked
def change(
    subscription: str, item: str, price: str, quantity: int, at: datetime, key: str
) -> Refused | None:
    """Change over at once, for the price of the preview of that moment; unpaid, nothing changes."""
    wanted = _change(item, price, quantity, at) | {"payment_behavior": "error_if_incomplete"}
    options = {"idempotency_key": key}
    return _refusable(lambda: _api().subscriptions.update(subscription, wanted, options))


def _change(item: str, price: str, quantity: int, at: datetime) -> dict[str, Any]:
    """The terms of a change: those of its preview and its own must be the same."""
    return {
        "items": [{"id": item, "price": price, "quantity": quantity}],
        "proration_behavior": "always_invoice",
        "proration_date": int(at.timestamp()),
    }


@_asked
def end_with_period(subscription: str, *, ends: bool) -> None:
    """Let it run out with what is paid, or not after all."""
    _api().subscriptions.update(subscription, {"cancel_at_period_end": ends})


@_asked
def invoice_papers(invoice: str) -> tuple[str, str]:
    """Where an invoice is shown, paid and its receipt taken away, and its PDF; such addresses run out,
    so they are asked for."""
    found = _api().invoices.retrieve(invoice)
    return str(found.hosted_invoice_url or ""), str(found.invoice_pdf or "")


@_asked
def delete_customer(customer: str) -> None:
    """For good, with every subscription (docs.stripe.com/api/customers/delete); Gone the second time."""
    _api().customers.delete(customer)


def _refusable(ask: Callable[[], Any], *, keep: bool = False) -> Any:
    """Its answer when that is kept, or what a person can mend: another card, or a look at the price of
    the period that began meanwhile."""
    import stripe

    try:
        said = ask()
    except stripe.CardError as refusal:
        return Refused(refusal.user_message or "The card was declined.")
    except stripe.InvalidRequestError as refusal:
        if "proration_date" not in (refusal.param or ""):
            raise
        return Refused(ANOTHER_PERIOD)
    return said if keep else None


def standing(customer: str) -> Standing:
    """Everything of a customer that counts here."""
    try:
        return _standing(customer)
    except Gone:
        return Standing(is_deleted=True)


@_asked
def _standing(customer: str) -> Standing:
    api = _api()
    if api.customers.retrieve(customer).to_dict().get("deleted"):
        return Standing(is_deleted=True)
    of_it = {"customer": customer, "limit": PAGE}
    subscriptions = api.subscriptions.list(of_it | {"status": "all"}).auto_paging_iter()
    invoices = api.invoices.list(of_it).auto_paging_iter()
    return Standing(
        False,
        tuple(subscription_of(one.to_dict()) for one in subscriptions),
        tuple(invoice_of(one.to_dict()) for one in invoices),
    )
