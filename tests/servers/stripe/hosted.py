"""The pages of the stand-in that people see: paying, the portal, an invoice, its clock. Plain forms."""

from collections.abc import Awaitable, Callable
from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

from tests.servers.stripe.books import PROMOTIONS, Declined
from tests.servers.stripe.params import unflatten
from tests.servers.stripe.shapes import Thing

if TYPE_CHECKING:
    from tests.servers.stripe.server import StripeStandIn

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NAME = "Stand-in for Stripe: no money moves"


def routes(stand_in: "StripeStandIn") -> list[web.RouteDef]:
    pages = Pages(stand_in)
    return [
        web.get("/", pages.home),
        web.post("/", pages.kept(pages.advance)),
        web.get("/c/pay/{id}", pages.checkout),
        web.post("/c/pay/{id}", pages.kept(pages.pay)),
        web.get("/p/session/{id}", pages.portal),
        web.post("/p/session/{id}", pages.kept(pages.act)),
        web.get("/i/{id}", pages.invoice),
        web.post("/i/{id}", pages.kept(pages.pay_invoice)),
    ]


class Pages:
    def __init__(self, stand_in: "StripeStandIn") -> None:
        self.books, self.save = stand_in.books, stand_in.save

    def kept(self, act: Handler) -> Handler:
        async def acted(request: web.Request) -> web.StreamResponse:
            try:
                return await act(request)
            finally:  # a redirect is raised
                self.save()

        return acted

    async def home(self, _: web.Request) -> web.Response:
        when = f"{self.books.moment:%d %B %Y, %H:%M} UTC"
        days = "".join(_button(f"{days} days later", "days", str(days)) for days in (1, 3, 14, 30))
        return _page("Its clock", f"<p>It is {when} here.</p><form method=post>{days}</form>")

    async def advance(self, request: web.Request) -> web.Response:
        self.books.advance(float((await _form(request))["days"]))
        raise web.HTTPSeeOther("/")

    async def checkout(self, request: web.Request) -> web.Response:
        found = self._open(request)
        line = self.books.baskets[found["id"]]
        price = self.books.prices[line["price"]]
        each = self.books.amount(price["id"], found["currency"])
        codes = ", ".join(PROMOTIONS)
        words = f"{line['quantity']} x {price['lookup_key']}, {each / 100:.2f} {found['currency'].upper()} each"
        return _page(
            "Pay",
            f"<p>{escape(words)}</p><form method=post>"
            f"<label>Promotion code ({codes}) <input name=code></label>"
            + _button("Pay", "card", "ok")
            + _button("Pay with a card that is declined", "card", "declined")
            + f"</form><p><a href='{escape(found['cancel_url'])}'>Back</a></p>",
        )

    async def pay(self, request: web.Request) -> web.Response:
        found, form = self._open(request), await _form(request)
        customer, line = found["customer"], self.books.baskets[found["id"]]
        self.books.cards[customer] = form["card"]
        price = self.books.prices[line["price"]]
        try:
            made = self.books.subscribe(
                customer, price, line["quantity"], found["currency"], code=form.get("code", "")
            )
        except Declined:
            return _page(
                "Declined", "<p>The card was declined.</p><p><a href=''>Again</a></p>", 402
            )
        found.update(status="complete", payment_status="paid", subscription=made["id"], url=None)
        self.books.emit("checkout.session.completed", found)
        raise web.HTTPSeeOther(found["success_url"])

    def _open(self, request: web.Request) -> Thing:
        found = self.books.sessions.get(request.match_info["id"])
        if not found or found["status"] != "open":
            raise web.HTTPGone(text="This page to pay on is closed.")
        return found

    async def portal(self, request: web.Request) -> web.Response:
        found = self.books.portals[request.match_info["id"]]
        rows = self.books.of_customer(self.books.subscriptions, found["customer"])
        listed = "".join(f"<li>{escape(one['status'])}</li>" for one in rows)
        return _page(
            "Portal",
            f"<ul>{listed}</ul><form method=post>"
            + _button("Use a card that works", "do", "ok")
            + _button("Use a card that is declined", "do", "declined")
            + _button("Cancel at the end of the period", "do", "cancel")
            + _button("Don't cancel", "do", "stay")
            + f"</form><p><a href='{escape(found['return_url'])}'>Back</a></p>",
        )

    async def act(self, request: web.Request) -> web.Response:
        found, does = self.books.portals[request.match_info["id"]], (await _form(request))["do"]
        customer = found["customer"]
        if does in ("ok", "declined"):
            self.books.cards[customer] = does
            self.books.pay_open(customer)
        else:
            for one in self.books.of_customer(self.books.subscriptions, customer):
                if one["status"] != "canceled":
                    self.books.end_with_period(one, does == "cancel")
        raise web.HTTPSeeOther(found["return_url"])

    async def invoice(self, request: web.Request) -> web.Response:
        bill = self.books.invoices[request.match_info["id"]]
        words = f"{bill['number']}: {bill['total'] / 100:.2f} {bill['currency'].upper()}, {bill['status']}"
        button = _button("Pay", "card", "ok") if bill["status"] == "open" else ""
        return _page("Invoice", f"<p>{escape(words)}</p><form method=post>{button}</form>")

    async def pay_invoice(self, request: web.Request) -> web.Response:
        bill = self.books.invoices[request.match_info["id"]]
        self.books.cards[bill["customer"]] = "ok"
        self.books.pay_open(bill["customer"])
        raise web.HTTPSeeOther(request.path)


async def _form(request: web.Request) -> dict[str, str]:
    return unflatten((await request.read()).decode())


def _button(words: str, name: str, value: str) -> str:
    return f" <button name={name} value={value}>{words}</button>"


def _page(title: str, body: str, status: int = 200) -> web.Response:
    html = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><p><small>{NAME}</small></p>"
    return web.Response(text=f"{html}{body}", content_type="text/html", status=status)
