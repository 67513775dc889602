"""The API of the stand-in. Every request is checked against the typed parameters of the pinned SDK."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import stripe
from aiohttp import web
from stripe import params
from stripe.params import billing_portal, checkout

from app import clock
from tests.servers.doubles import Double
from tests.servers.stripe import hosted, kept, shapes
from tests.servers.stripe.books import Books, Declined
from tests.servers.stripe.params import typed, unflatten
from tests.servers.stripe.shapes import Thing

SECRET_KEY, WEBHOOK_SECRET = "sk_test_stand_in", "whsec_stand_in"
Answer = tuple[int, Thing]
Verb = Callable[[Thing, str], Thing]


class Refusal(Exception):
    """An error object of the API."""

    def __init__(
        self, status: int, kind: str, words: str, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(words)
        said = {"type": kind, "message": words, "code": code, "param": param}
        self.answer = status, {"error": said}


def missing(id: str) -> Refusal:
    words = f"No such object: '{id}'"
    return Refusal(404, "invalid_request_error", words, "resource_missing")


def _moment(of: Thing, at: int) -> int:
    """Of a change: in the period that runs. A caller whose clock stayed behind, since ours was moved by
    hand, can't name one; it gets the beginning."""
    begin: int = of["items"]["data"][0]["current_period_start"]
    if at < begin <= clock.now().timestamp():
        words = "The proration date is before the current period"
        raise Refusal(400, "invalid_request_error", words, param="proration_date")
    return max(at, begin)


class StripeStandIn(Double):
    """`hook`: where events are posted as they happen; without one they wait in `books.events`.
    `is_down` makes it answer 503. `keep_in`: a file that its books are read from and written to."""

    def __init__(
        self,
        hook: str = "",
        secret: str = WEBHOOK_SECRET,
        port: int = 0,
        keep_in: Path | None = None,
    ) -> None:
        self.books, self.keep_in = Books(), keep_in
        if keep_in:
            kept.read(keep_in, self.books)
        self.hook, self.secret, self.is_down = hook, secret, False
        self.known: dict[str, tuple[str, Answer]] = {}
        self.posting: set[asyncio.Task[None]] = set()
        if hook:
            self.books.on_event = self._post_later
        super().__init__(port)

    def is_publish(self, request: web.Request) -> bool:
        return False

    def routes(self) -> list[web.RouteDef]:
        b, p = self.books, params
        table: list[tuple[str, str, Any, Verb]] = [
            ("POST", "/customers", p.CustomerCreateParams, self.make_customer),
            (
                "GET",
                "/customers/{id}",
                p.CustomerRetrieveParams,
                lambda _, id: self._found(b.customers, id),
            ),
            ("DELETE", "/customers/{id}", p.CustomerDeleteParams, self.delete_customer),
            ("GET", "/prices", p.PriceListParams, self.list_prices),
            ("POST", "/checkout/sessions", checkout.SessionCreateParams, self.open_session),
            (
                "GET",
                "/checkout/sessions/{id}",
                checkout.SessionRetrieveParams,
                lambda _, id: self._found(b.sessions, id),
            ),
            ("POST", "/checkout/sessions/{id}/expire", checkout.SessionExpireParams, self.expire),
            ("POST", "/billing_portal/sessions", billing_portal.SessionCreateParams, self.portal),
            ("POST", "/subscriptions", p.SubscriptionCreateParams, self.subscribe),
            (
                "GET",
                "/subscriptions",
                p.SubscriptionListParams,
                self.list_of(b.subscriptions, "subscriptions"),
            ),
            ("POST", "/subscriptions/{id}", p.SubscriptionUpdateParams, self.change),
            ("DELETE", "/subscriptions/{id}", p.SubscriptionCancelParams, self.cancel),
            ("POST", "/invoices/create_preview", p.InvoiceCreatePreviewParams, self.preview),
            ("GET", "/invoices", p.InvoiceListParams, self.list_of(b.invoices, "invoices")),
            (
                "GET",
                "/invoices/{id}",
                p.InvoiceRetrieveParams,
                lambda _, id: self._found(b.invoices, id),
            ),
        ]
        api = [
            web.route(method, f"/v1{path}", self._api(kind, verb))
            for method, path, kind, verb in table
        ]
        return [*api, *hosted.routes(self)]

    def _api(self, kind: Any, verb: Verb) -> Any:
        async def handle(request: web.Request) -> web.Response:
            if self.is_down:
                return web.json_response(
                    {"error": {"type": "api_error", "message": "down"}}, status=503
                )
            body = (
                (await request.read()).decode()
                if request.method == "POST"
                else request.query_string
            )
            key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
            status, said = self._once(
                key, f"{request.path}?{body}", lambda: self._do(request, kind, verb, body)
            )
            self.save()
            return web.json_response(said, status=status)

        return handle

    def save(self) -> None:
        if self.keep_in:
            kept.write(self.keep_in, self.books)

    def _once(self, key: str | None, asked: str, do: Callable[[], Answer]) -> Answer:
        """docs.stripe.com/api/idempotent_requests"""
        if key and key in self.known:
            before, answer = self.known[key]
            words = "Keys for idempotent requests can only be used with the same parameters"
            return answer if before == asked else Refusal(400, "idempotency_error", words).answer
        answer = json.loads(json.dumps(do()))
        if key and answer[0] != 400:
            self.known[key] = asked, tuple(answer)
        return tuple(answer)

    def _do(self, request: web.Request, kind: Any, verb: Verb, body: str) -> Answer:
        try:
            if request.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
                raise Refusal(401, "invalid_request_error", "Invalid API Key provided")
            self.books.catch_up()
            problems: list[str] = []
            asked = typed(kind, unflatten(body), problems)
            if problems:
                raise Refusal(400, "invalid_request_error", "; ".join(problems[:3]))
            return 200, verb(asked, request.match_info.get("id", ""))
        except Refusal as refusal:
            return refusal.answer
        except Declined:
            return Refusal(402, "card_error", "Your card was declined.", "card_declined").answer

    def _found(self, things: dict[str, Thing], id: str) -> Thing:
        if id not in things:
            raise missing(id)
        return self._addressed(things[id])

    def _addressed(self, thing: Thing) -> Thing:
        """Addresses of pages are ours."""
        names = ("url", "hosted_invoice_url", "invoice_pdf")
        own = {n: f"{self.url}{thing[n]}" for n in names if str(thing.get(n) or "").startswith("/")}
        return thing | own

    def list_of(self, things: dict[str, Thing], path: str) -> Verb:
        def listing(asked: Thing, _: str) -> Thing:
            self._found(self.books.customers, asked["customer"])
            found = self.books.of_customer(things, asked["customer"])
            ids = [one["id"] for one in found]
            begin = ids.index(asked["starting_after"]) + 1 if asked.get("starting_after") else 0
            end = begin + asked.get("limit", 10)
            page = [self._addressed(one) for one in found[begin:end]]
            return shapes.listed(page, f"/v1/{path}", has_more=end < len(found))

        return listing

    # Verbs

    def make_customer(self, asked: Thing, _: str) -> Thing:
        made = shapes.customer(self.books.now, asked.get("metadata", {}))
        self.books.customers[made["id"]] = made
        self.books.emit("customer.created", made)
        return made

    def delete_customer(self, _: Thing, id: str) -> Thing:
        found = self._live_customer(id)
        for one in self.books.of_customer(self.books.subscriptions, id):
            if one["status"] != "canceled":
                self.books.cancel(one)
        gone = {"id": id, "object": "customer", "deleted": True, "balance": 0}
        self.books.customers[id] = gone
        self.books.emit("customer.deleted", found)
        return gone

    def list_prices(self, asked: Thing, _: str) -> Thing:
        keys = asked.get("lookup_keys", [])
        if len(keys) > 10:
            raise Refusal(400, "invalid_request_error", "At most 10 lookup keys")
        found = [
            one for one in self.books.prices.values() if one["lookup_key"] in keys and one["active"]
        ]
        hide = set() if "data.currency_options" in asked.get("expand", []) else {"currency_options"}
        shown = [{k: v for k, v in one.items() if k not in hide} for one in found]
        return shapes.listed(shown, "/v1/prices")

    def open_session(self, asked: Thing, _: str) -> Thing:
        self._live_customer(asked["customer"])
        [line] = asked["line_items"]
        price = self._found(self.books.prices, line["price"])
        if asked["currency"] not in price["currency_options"]:
            raise Refusal(400, "invalid_request_error", "The price has no such currency")
        id = shapes.new_id("cs_test")
        made = {
            "id": id, "object": "checkout.session", "created": self.books.now, "livemode": False,
            "status": "open", "payment_status": "unpaid", "mode": asked["mode"], "subscription": None,
            "customer": asked["customer"], "currency": asked["currency"], "url": f"/c/pay/{id}",
            "success_url": asked["success_url"], "cancel_url": asked["cancel_url"],
            "expires_at": self.books.now + 86_400, "metadata": {},
        }  # fmt: skip
        self.books.sessions[id], self.books.baskets[id] = made, line
        return self._addressed(made)

    def expire(self, _: Thing, id: str) -> Thing:
        found = self._found(self.books.sessions, id)
        if found["status"] != "open":
            raise Refusal(400, "invalid_request_error", "Only open sessions can be expired")
        self.books.sessions[id].update(status="expired", url=None)
        self.books.emit("checkout.session.expired", self.books.sessions[id])
        return self.books.sessions[id]

    def portal(self, asked: Thing, _: str) -> Thing:
        self._live_customer(asked["customer"])
        id = shapes.new_id("bps")
        self.books.portals[id] = made = {
            "id": id, "object": "billing_portal.session", "created": self.books.now, "livemode": False,
            "customer": asked["customer"], "return_url": asked["return_url"], "url": f"/p/session/{id}",
        }  # fmt: skip
        return self._addressed(made)

    def _live_customer(self, id: str) -> Thing:
        found = self._found(self.books.customers, id)
        if found.get("deleted"):
            raise missing(id)
        return found

    def subscribe(self, asked: Thing, _: str) -> Thing:
        self._live_customer(asked["customer"])
        [item] = asked["items"]
        price = self._found(self.books.prices, item["price"])
        currency = asked.get("currency", price["currency"])
        days = asked.get("trial_period_days", 0)
        return self.books.subscribe(
            asked["customer"], price, item.get("quantity", 1), currency, trial_days=days
        )

    def change(self, asked: Thing, id: str) -> Thing:
        found = self._found(self.books.subscriptions, id)
        if "cancel_at_period_end" in asked:
            self.books.end_with_period(self.books.subscriptions[id], asked["cancel_at_period_end"])
        if "items" in asked:
            price, quantity = self._item(found, asked["items"])
            at = _moment(found, asked.get("proration_date", self.books.now))
            self.books.change(self.books.subscriptions[id], price, quantity, at)
        return self.books.subscriptions[id]

    def _item(self, of: Thing, items: list[Thing]) -> tuple[Thing, int]:
        [wanted], [item] = items, of["items"]["data"]
        if wanted.get("id") != item["id"]:
            raise Refusal(400, "invalid_request_error", "A second item would be added")
        return self._found(self.books.prices, wanted["price"]), wanted.get("quantity", 1)

    def cancel(self, _: Thing, id: str) -> Thing:
        found = self._found(self.books.subscriptions, id)
        self.books.cancel(self.books.subscriptions[found["id"]])
        return self.books.subscriptions[id]

    def preview(self, asked: Thing, _: str) -> Thing:
        of = self._found(self.books.subscriptions, asked["subscription"])
        details = asked["subscription_details"]
        price, quantity = self._item(of, details["items"])
        at = _moment(of, details["proration_date"])
        lines = self.books.prorated(of, price, quantity, at)
        return shapes.invoice(self.books.now, of, "", lines, "upcoming") | {"status": "draft"}

    # Events

    def signed(self, event: Thing) -> tuple[bytes, str]:
        """The body of a webhook and its signature, made now."""
        body, at = json.dumps(event).encode(), int(clock.now().timestamp())
        digest = hmac.new(
            self.secret.encode(), f"{at}.".encode() + body, hashlib.sha256
        ).hexdigest()
        return body, f"t={at},v1={digest}"

    def _post_later(self, event: Thing) -> None:
        task = self._loop.create_task(self._post(event))
        self.posting.add(task)
        task.add_done_callback(self.posting.discard)

    async def _post(self, event: Thing) -> None:
        """Again until it is taken, a few times."""
        for pause in (0, 1, 5, 30):
            await asyncio.sleep(pause)
            body, signature = self.signed(event)
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
            try:
                async with (
                    aiohttp.ClientSession() as web_,
                    web_.post(self.hook, data=body, headers=headers) as said,
                ):
                    if said.status == 200:
                        return
            except aiohttp.ClientError:
                continue


assert stripe.api_version, "the SDK is pinned to one"
