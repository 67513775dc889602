"""What the stand-in knows and how its things live: trials, renewals, declines, prorations, its clock."""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import stripe

from app import clock
from app.billing.plans import CURRENCIES, CYCLES, MONTHLY, PAID
from tests.servers.stripe import shapes
from tests.servers.stripe.shapes import Thing

DAY = 86_400
MONTH, YEAR = 30 * DAY, 365 * DAY
AMOUNTS = {"solo": 900, "team": 2_900, "agency": 9_900}  # a month, smallest unit
RETRIES = (3 * DAY, 5 * DAY, 7 * DAY)
PROMOTIONS = {"WELCOME20": 20}  # percent off the first invoice


class Declined(Exception):
    """The card was not taken."""


class Books:
    """All state. `on_event` is told of each event, with the object as it was at that moment."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.customers: dict[str, Thing] = {}
        self.prices: dict[str, Thing] = {}
        self.subscriptions: dict[str, Thing] = {}
        self.invoices: dict[str, Thing] = {}
        self.sessions: dict[str, Thing] = {}
        self.baskets: dict[str, Thing] = {}  # by session: price and quantity
        self.portals: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.cards: dict[str, str] = {}  # by customer: ok | declined
        self.after_retries = "canceled"  # or unpaid, or past_due: a setting of the account
        self.on_event: Callable[[Thing], None] = lambda _: None
        for plan in PAID:
            for cycle in CYCLES:
                self._price(plan.slug, plan.lookup_key(cycle), cycle)

    def _price(self, slug: str, key: str, cycle: str) -> None:
        times = 1 if cycle == MONTHLY else 10
        amounts = dict.fromkeys(CURRENCIES, AMOUNTS[slug] * times)
        made = shapes.price(self.now, key, "month" if cycle == MONTHLY else "year", amounts)
        self.prices[made["id"]] = made

    @property
    def now(self) -> int:
        return int((clock.now() + self.ahead).timestamp())

    def emit(self, type: str, about: Thing) -> None:
        snapshot = copy.deepcopy(about)
        made = shapes.event(self.now, type, snapshot, stripe.api_version)
        self.events.append(made)
        self.on_event(made)

    def of_customer(self, things: dict[str, Thing], id: str) -> list[Thing]:
        """Newest first, as Stripe lists them."""
        return [one for one in reversed(things.values()) if one["customer"] == id]

    # Subscriptions

    def subscribe(
        self,
        customer: str,
        price: Thing,
        quantity: int,
        currency: str,
        *,
        trial_days: int = 0,
        code: str = "",
    ) -> Thing:
        """Raises Declined, with nothing made."""
        if not trial_days and self.cards.get(customer) != "ok":
            raise Declined
        made = shapes.subscription(self.now, customer, currency)
        item = shapes.item(self.now, made["id"], price, quantity)
        made["items"]["data"] = [item]
        self.subscriptions[made["id"]] = made
        length = trial_days * DAY if trial_days else period(price)
        item["current_period_end"] = self.now + length
        if trial_days:
            made.update(status="trialing", trial_start=self.now, trial_end=self.now + length)
        off = PROMOTIONS.get(code, 0)
        lines = [] if trial_days else [self._line(made, off)]
        self._pay(self._bill(made, lines, "subscription_create"))
        self.emit("customer.subscription.created", made)
        return made

    def _line(self, of: Thing, off: int = 0) -> Thing:
        [item] = of["items"]["data"]
        amount = self.amount(item["price"]["id"], of["currency"]) * item["quantity"]
        words = f"{item['quantity']} x {item['price']['lookup_key']}"
        amount = amount * (100 - off) // 100
        return shapes.line(words, amount, of["currency"], item["quantity"], prorated=False)

    def amount(self, price: str, currency: str) -> int:
        option: int = self.prices[price]["currency_options"][currency]["unit_amount"]
        return option

    def prorated(self, of: Thing, price: Thing, quantity: int, at: int) -> list[Thing]:
        """Lines for changing over at that second: the rest of the old back, the rest of the new."""
        if of["status"] == "trialing":
            return []
        [item] = of["items"]["data"]
        begin, end = item["current_period_start"], item["current_period_end"]
        left, whole = max(end - at, 0), end - begin
        old = self.amount(item["price"]["id"], of["currency"]) * item["quantity"]
        new = self.amount(price["id"], of["currency"]) * quantity
        keeps = period(price) == period(self.prices[item["price"]["id"]])
        back, due = -round(old * left / whole), round(new * left / whole) if keeps else new
        names = (item["price"]["lookup_key"], price["lookup_key"])
        return [
            shapes.line(f"Unused time on {names[0]}", back, of["currency"], item["quantity"], prorated=True),
            shapes.line(f"Remaining time on {names[1]}", due, of["currency"], quantity, prorated=True),
        ]  # fmt: skip

    def change(self, of: Thing, price: Thing, quantity: int, at: int) -> None:
        """Raises Declined, with nothing changed."""
        lines = self.prorated(of, price, quantity, at)
        if sum(one["amount"] for one in lines) > 0 and self.cards.get(of["customer"]) != "ok":
            raise Declined
        [item] = of["items"]["data"]
        if of["status"] != "trialing" and item["price"]["recurring"] != price["recurring"]:
            item.update(current_period_start=at, current_period_end=at + period(price))
        item.update(
            price={k: v for k, v in price.items() if k != "currency_options"}, quantity=quantity
        )
        if lines:
            self._pay(self._bill(of, lines, "subscription_update"))
        self.emit("customer.subscription.updated", of)

    def end_with_period(self, of: Thing, ends: bool) -> None:
        [item] = of["items"]["data"]
        of.update(cancel_at_period_end=ends, cancel_at=item["current_period_end"] if ends else None)
        of["canceled_at"] = self.now if ends else None
        self.emit("customer.subscription.updated", of)

    def cancel(self, of: Thing) -> None:
        of.update(status="canceled", ended_at=self.now, canceled_at=of["canceled_at"] or self.now)
        self.emit("customer.subscription.deleted", of)

    # Money

    def _bill(self, of: Thing, lines: list[Thing], reason: str) -> Thing:
        number = f"STANDIN-{len(self.invoices) + 1:04}"
        made = shapes.invoice(self.now, of, number, lines, reason)
        owner = self.customers[of["customer"]]
        rest = made["total"] + owner["balance"]  # what was too much before counts
        owner["balance"] = min(rest, 0)
        made.update(amount_due=max(rest, 0), amount_remaining=max(rest, 0))
        self.invoices[made["id"]] = made
        of["latest_invoice"] = made["id"]
        self.emit("invoice.finalized", made)
        return made

    def _pay(self, bill: Thing) -> bool:
        """Try the card; whether it is paid now."""
        bill.update(attempted=True, attempt_count=bill["attempt_count"] + 1)
        if bill["amount_remaining"] and self.cards.get(bill["customer"]) != "ok":
            self.emit("invoice.payment_failed", bill)
            return False
        bill.update(status="paid", amount_paid=bill["amount_due"], amount_remaining=0)
        bill.update(next_payment_attempt=None)
        bill["status_transitions"]["paid_at"] = self.now
        self.emit("invoice.paid", bill)
        return True

    def pay_open(self, customer: str) -> None:
        """What is open is tried again, with the card of today."""
        for bill in reversed(self.of_customer(self.invoices, customer)):
            if bill["status"] == "open" and self._pay(bill):
                self._recovered(bill)

    def _recovered(self, bill: Thing) -> None:
        of = self.subscriptions[bill["parent"]["subscription_details"]["subscription"]]
        if of["status"] in ("past_due", "unpaid"):
            of["status"] = "active"
            self.emit("customer.subscription.updated", of)

    # Time

    def advance(self, days: float) -> None:
        """What is due until then happens in its order, each at its own second."""
        until = self.now + int(days * DAY)
        while (due := self._next()) and due[0] <= until:
            self._go_to(due[0])
            due[1]()
        self._go_to(until)

    def catch_up(self) -> None:
        """What is due at the clock of today."""
        self.advance(0)

    def _go_to(self, second: int) -> None:
        self.ahead += timedelta(seconds=max(second - self.now, 0))

    def _next(self) -> tuple[int, Callable[[], None]] | None:
        found: list[tuple[int, str, Callable[[], None]]] = []
        for of in self.subscriptions.values():
            [item] = of["items"]["data"]
            if of["status"] != "canceled":
                found.append((item["current_period_end"], of["id"], lambda of=of: self._turn(of)))  # type: ignore[misc]
        for bill in self.invoices.values():
            if bill["status"] == "open" and bill["next_payment_attempt"]:
                found.append(
                    (bill["next_payment_attempt"], bill["id"], lambda b=bill: self._retry(b))
                )  # type: ignore[misc]
        if not found:
            return None
        second, _, act = min(found, key=lambda one: one[:2])
        return second, act

    def _turn(self, of: Thing) -> None:
        """A period or a trial is over."""
        is_over = of["cancel_at_period_end"] or (
            of["status"] == "trialing" and of["customer"] not in self.cards
        )
        if is_over:
            return self.cancel(of)
        [item] = of["items"]["data"]
        begin = item["current_period_end"]
        length = period(self.prices[item["price"]["id"]])
        item.update(current_period_start=begin, current_period_end=begin + length)
        if of["status"] == "unpaid":  # its further invoices stay drafts
            return self.emit("customer.subscription.updated", of)
        bill = self._bill(of, [self._line(of)], "subscription_cycle")
        if self._pay(bill):
            of["status"] = "active" if of["status"] == "trialing" else of["status"]
        else:
            bill["next_payment_attempt"] = self.now + RETRIES[0]
            of["status"] = "past_due"
        self.emit("customer.subscription.updated", of)

    def _retry(self, bill: Thing) -> None:
        of = self.subscriptions[bill["parent"]["subscription_details"]["subscription"]]
        if of["status"] == "canceled" or self._pay(bill):
            bill["next_payment_attempt"] = None
            return self._recovered(bill)
        tries = bill["attempt_count"]
        if tries <= len(RETRIES):
            bill["next_payment_attempt"] = self.now + RETRIES[tries - 1]
        else:
            bill["next_payment_attempt"] = None
            self._give_up(of)

    def _give_up(self, of: Thing) -> None:
        """docs.stripe.com/billing/revenue-recovery/smart-retries: what became of it is a setting."""
        if self.after_retries == "canceled":
            return self.cancel(of)
        of["status"] = self.after_retries
        self.emit("customer.subscription.updated", of)

    def state(self) -> dict[str, Any]:
        """For tests: what there is of each kind."""
        return {"customers": len(self.customers), "subscriptions": len(self.subscriptions)}

    @property
    def moment(self) -> datetime:
        return clock.now() + self.ahead


def period(price: Thing) -> int:
    return MONTH if price["recurring"]["interval"] == "month" else YEAR
