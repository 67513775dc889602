"""Objects in the shape of API 2026-10-28 (docs.stripe.com/api): the fields that our code reads, and enough
around them for the SDK. That they are Stripe's is checked against its own fixtures where those are."""

import secrets
from typing import Any

Thing = dict[str, Any]


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def listed(data: list[Thing], url: str, has_more: bool = False) -> Thing:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def customer(now: int, metadata: Thing) -> Thing:
    return {
        "id": new_id("cus"), "object": "customer", "created": now, "livemode": False, "balance": 0,
        "metadata": metadata, "email": None, "name": None, "delinquent": False,
    }  # fmt: skip


def price(now: int, lookup_key: str, interval: str, amounts: dict[str, int]) -> Thing:
    currency = next(iter(amounts))
    options = {
        name: {"unit_amount": amount, "unit_amount_decimal": str(amount), "custom_unit_amount": None,
               "tax_behavior": "unspecified"}
        for name, amount in amounts.items()
    }  # fmt: skip
    return {
        "id": new_id("price"), "object": "price", "created": now, "livemode": False, "active": True,
        "lookup_key": lookup_key, "currency": currency, "unit_amount": amounts[currency],
        "type": "recurring", "product": "prod_stand_in", "metadata": {}, "currency_options": options,
        "recurring": {"interval": interval, "interval_count": 1, "usage_type": "licensed",
                      "meter": None, "trial_period_days": None},
    }  # fmt: skip


def subscription(now: int, customer_id: str, currency: str) -> Thing:
    id = new_id("sub")
    return {
        "id": id, "object": "subscription", "created": now, "livemode": False, "customer": customer_id,
        "status": "active", "currency": currency, "cancel_at": None, "cancel_at_period_end": False,
        "canceled_at": None, "ended_at": None, "trial_start": None, "trial_end": None, "metadata": {},
        "latest_invoice": None, "start_date": now,
        "items": listed([], f"/v1/subscription_items?subscription={id}"),
    }  # fmt: skip


def item(now: int, subscription_id: str, of_price: Thing, quantity: int) -> Thing:
    shown = {key: value for key, value in of_price.items() if key != "currency_options"}
    return {
        "id": new_id("si"), "object": "subscription_item", "created": now, "price": shown,
        "quantity": quantity, "subscription": subscription_id, "metadata": {},
        "current_period_start": now, "current_period_end": now,
    }  # fmt: skip


def line(words: str, amount: int, currency: str, quantity: int, *, prorated: bool) -> Thing:
    return {
        "id": new_id("il"), "object": "line_item", "amount": amount, "currency": currency,
        "description": words, "quantity": quantity, "livemode": False, "metadata": {},
        "parent": {"type": "subscription_item_details", "invoice_item_details": None,
                   "subscription_item_details": {"proration": prorated}},
    }  # fmt: skip


def invoice(now: int, of: Thing, number: str, lines: list[Thing], reason: str) -> Thing:
    """`of` is the subscription."""
    id, total = new_id("in"), sum(one["amount"] for one in lines)
    return {
        "id": id, "object": "invoice", "created": now, "livemode": False, "number": number,
        "customer": of["customer"], "currency": of["currency"], "status": "open", "total": total,
        "subtotal": total, "amount_due": max(total, 0), "amount_paid": 0,
        "amount_remaining": max(total, 0), "attempt_count": 0, "attempted": False,
        "billing_reason": reason, "next_payment_attempt": None, "metadata": {},
        "hosted_invoice_url": f"/i/{id}", "invoice_pdf": f"/i/{id}",
        "lines": listed(lines, f"/v1/invoices/{id}/lines"),
        "parent": {"type": "subscription_details", "quote_details": None,
                   "subscription_details": {"subscription": of["id"], "metadata": {}}},
        "status_transitions": {"finalized_at": now, "marked_uncollectible_at": None, "paid_at": None,
                               "voided_at": None},
    }  # fmt: skip


def event(now: int, type: str, about: Thing, version: str) -> Thing:
    return {
        "id": new_id("evt"), "object": "event", "created": now, "livemode": False, "type": type,
        "api_version": version, "data": {"object": about}, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
    }  # fmt: skip
