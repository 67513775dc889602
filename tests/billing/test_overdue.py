"""Who has not paid pays first: an overdue plan is neither changed nor bought again, until it is paid."""

import pytest
from flask.testing import FlaskClient

from app import clock
from app.account import allowances
from app.billing import changing
from app.billing.models import Subscription
from app.db import db as database
from tests import make
from tests.billing.steps import SOLO, TEAM, buy, hear, later, link_in, portal, press
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)
AGENCY = TEAM | {"plan": "agency"}


def go_overdue(
    client: FlaskClient, stripe: StripeStandIn, times: Times, days: float = 30.5
) -> None:
    buy(client, stripe, plan="team")
    portal(client, "declined")
    later(client, stripe, times, days=days)


def state() -> str:
    database.session.expire_all()
    return database.session.scalars(database.select(Subscription.state)).one()


def asks(stripe: StripeStandIn) -> int:
    """How often something was asked of Stripe that moves money."""
    paths = ("/v1/invoices/create_preview", "/v1/checkout/sessions")
    return sum(
        seen.path in paths or (seen.method == "POST" and "/v1/subscriptions/" in seen.path)
        for seen in stripe.seen
    )


def test_an_overdue_plan_is_changed_when_it_is_paid_and_not_before(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    go_overdue(client, stripe, times)
    before = asks(stripe)
    seen = client.get("/billing/change", query_string=SOLO)
    done = client.post("/billing/change", data=SOLO | {"at": str(stripe.books.now)})
    for answer in (seen, done):
        assert answer.status_code == 422
        assert "Pay first" in answer.text and "Pay at Stripe" in answer.text
    assert asks(stripe) == before
    assert press(link_in(client.post("/billing/portal")), do="ok") == 303
    hear(client, stripe)
    assert client.get("/billing/change", query_string=AGENCY).status_code == 200
    assert client.post("/billing/change", data=AGENCY).status_code == 303
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Agency"


def test_a_failed_payment_that_nobody_told_of_is_seen_before_a_plan_is_changed(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe, plan="team")
    portal(client, "declined")
    stripe.books.advance(30.5)
    assert state() == "active"
    assert client.post("/billing/change", data=SOLO).status_code == 422
    assert state() == "past_due"


def test_when_no_retry_is_left_it_is_still_overdue_and_comes_back_when_paid(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    stripe.books.after_retries = "unpaid"
    go_overdue(client, stripe, times, days=30 + 3 + 3 + 5 + 7.5)
    assert state() == "unpaid"
    assert "is not paid and does not count" in client.get("/channels").text
    assert "is not paid" in client.get("/billing").text
    refused = client.post("/billing/checkout", data=SOLO, follow_redirects=True)
    assert changing.PAY_FIRST in refused.text
    assert client.post("/billing/change", data=SOLO).status_code == 422
    assert stripe.books.state() == {"customers": 1, "subscriptions": 1}
    portal(client, "ok")
    hear(client, stripe)
    assert state() == "active"
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Team"


@pytest.mark.parametrize(
    ("of", "wanted", "words"),
    [
        ("active", ("solo", "monthly", 1), ""),
        ("active", ("team", "yearly", 2), changing.SAME),
        ("trialing", ("solo", "monthly", 1), ""),
        ("past_due", ("solo", "monthly", 1), changing.PAY_FIRST),
        ("unpaid", ("team", "yearly", 2), changing.PAY_FIRST),
    ],
)
def test_what_may_be_changed(of: str, wanted: changing.Choice, words: str) -> None:
    now = clock.now()
    found = Subscription(state=of, lookup_key="allstac_team_yearly", quantity=2, began_at=now)
    assert changing.refuse(found, wanted) == words


def test_a_price_of_the_period_before_is_looked_at_again(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    """The plan was renewed between the look at the price and the press of the button."""
    buy(client, stripe, plan="team")
    later(client, stripe, times, days=30 - 0.01)
    shown = int(times.now.timestamp())
    assert client.get("/billing/change", query_string=AGENCY).status_code == 200
    later(client, stripe, times, days=0.02)
    answer = client.post("/billing/change", data=AGENCY | {"at": str(shown)}, follow_redirects=True)
    assert "Another period of your plan has begun" in answer.text
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Team"
    assert client.post("/billing/change", data=AGENCY).status_code == 303
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Agency"
