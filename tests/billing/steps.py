"""What a person does to buy, and what Stripe's stand-in does then."""

import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.billing import jobs
from app.billing.models import StripeEvent
from app.db import db
from tests import make
from tests.servers.stripe import StripeStandIn
from tests.times import Times

SOLO = {"plan": "solo", "cycle": "monthly", "quantity": "1", "currency": "eur"}
TEAM = SOLO | {"plan": "team"}


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def press(url: str, **form: str) -> int:
    """A button on a page of the stand-in; the status, 303 when it leads back."""
    asked = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
    try:
        return int(urllib.request.build_opener(Stay).open(asked, timeout=10).status)
    except urllib.error.HTTPError as answer:
        answer.close()
        return answer.code


def page_to_pay(client: FlaskClient, **choice: str) -> str:
    answer = client.post("/billing/checkout", data=SOLO | choice)
    assert answer.status_code == 200, answer.headers
    return link_in(answer)


def link_in(answer: TestResponse) -> str:
    found = re.search(r'href="(http://127[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def buy(client: FlaskClient, stripe: StripeStandIn, **choice: str) -> None:
    """Bought, paid and told of."""
    assert press(page_to_pay(client, **choice), card="ok") == 303
    hear(client, stripe)


def portal(client: FlaskClient, does: str) -> None:
    answer = client.post("/billing/portal")
    assert press(link_in(answer), do=does) == 303


def hear(client: FlaskClient, stripe: StripeStandIn) -> None:
    """All that has happened is told, and what is told is done."""
    for event in list(stripe.books.events):
        tell(client, stripe, event)
    work_off()


def tell(client: FlaskClient, stripe: StripeStandIn, event: dict[str, Any]) -> int:
    body, signature = stripe.signed(event)
    return post(client, body, signature).status_code


def post(client: FlaskClient, body: bytes, signature: str) -> TestResponse:
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return client.post("/stripe/webhook", data=body, headers=headers)


def work_off() -> None:
    """As the worker does."""
    for id in [event.id for event in db.session.scalars(StripeEvent.unsettled())]:
        jobs.settle_event(id)
    db.session.expire_all()


def later(client: FlaskClient, stripe: StripeStandIn, times: Times, days: float) -> None:
    """Days go by, there and here; what happens meanwhile is told, and Alice signs in again."""
    stripe.books.advance(days)
    times.now, stripe.books.ahead = stripe.books.moment, timedelta()
    hear(client, stripe)
    make.sign_in(client, make.alice())
