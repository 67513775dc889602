"""A plan from the first look to the last day, on the stand-in for Stripe with the official SDK."""

from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import allowances
from app.account.models import Organization
from app.billing import jobs
from app.billing.models import BillingAccount, Invoice, Subscription
from app.db import db as database
from tests import make
from tests.billing.steps import SOLO, TEAM, buy, hear, later, link_in, page_to_pay, portal, press
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)


def room() -> allowances.Room:
    database.session.expire_all()
    return allowances.of(make.member(make.alice()).organization_id)


def subscription() -> Subscription:
    database.session.expire_all()
    return database.session.scalars(database.select(Subscription)).one()


def test_the_pricing_page_is_drawn_from_plans_and_prices(
    stripe: StripeStandIn, anonymous: FlaskClient
) -> None:
    shown = anonymous.get("/pricing?currency=usd").text
    for words in ("Free", "Solo", "Team", "Agency", "$29", "$290", "25 connected channels"):
        assert words in shown


def test_without_keys_nothing_is_sold_and_nothing_is_limited(
    client: FlaskClient, app: Flask
) -> None:
    shown = client.get("/billing").text
    assert "sells nothing" in shown
    assert "/billing/checkout" not in shown and "/billing/portal" not in shown
    assert "sells nothing" in client.get("/pricing").text
    for path in ("checkout", "trial", "portal", "cancellation", "resumption", "change"):
        assert client.post(f"/billing/{path}", data=SOLO).status_code == 404
    assert client.post("/stripe/webhook").status_code == 404
    assert room() == allowances.UNLIMITED


def test_a_plan_is_bought_changed_and_left(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    assert room().plan == "Free"
    buy(client, stripe)
    assert (room().plan, room().channels) == ("Solo", 10)
    assert "Solo" in client.get("/billing").text
    later(client, stripe, times, days=15)
    seen = client.get("/billing/change", query_string=TEAM | {"quantity": "2"})
    assert "Unused time on allstac_solo_monthly" in seen.text
    assert "Due today: €24.50" in seen.text, "half of two Teams less half of a Solo"
    form = TEAM | {"quantity": "2", "at": str(stripe.books.now)}
    assert client.post("/billing/change", data=form).status_code == 303
    assert (room().plan, room().channels) == ("Team", 50)
    assert client.post("/billing/cancellation").status_code == 303
    assert subscription().cancels_at
    assert client.post("/billing/resumption").status_code == 303
    assert subscription().cancels_at is None
    portal(client, "cancel")
    later(client, stripe, times, days=16)
    assert subscription().state == "canceled"
    assert room().plan == "Free"
    assert "Your plan has ended" in client.get("/billing").text
    buy(client, stripe, plan="agency")
    assert room().plan == "Agency"


def test_coming_back_is_enough_when_nobody_tells_us(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    press(page_to_pay(client), card="ok")
    assert client.get("/billing/return").status_code == 303
    assert room().plan == "Solo"


def test_a_declined_card_buys_nothing_and_the_page_stays_open(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    url = page_to_pay(client)
    assert press(url, card="declined") == 402
    hear(client, stripe)
    assert room().plan == "Free"
    assert page_to_pay(client) == url
    assert press(url, card="ok") == 303


def test_another_choice_closes_the_page_before(stripe: StripeStandIn, client: FlaskClient) -> None:
    first, second = page_to_pay(client), page_to_pay(client, plan="team")
    assert first != second
    assert press(first, card="ok") == 410
    third = page_to_pay(client)
    assert press(second, card="ok") == 410
    assert press(third, card="ok") == 303
    hear(client, stripe)
    answer = client.post("/billing/checkout", data=TEAM)
    assert answer.status_code == 303, "who has a plan changes it"
    assert stripe.books.state() == {"customers": 1, "subscriptions": 1}


def test_a_promotion_code_counts_and_the_invoice_says_so(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    press(page_to_pay(client), card="ok", code="WELCOME20")
    hear(client, stripe)
    shown = client.get("/billing/invoices").text
    assert "€7.20" in shown and "Paid" in shown
    invoice = database.session.scalars(database.select(Invoice)).one()
    paper = client.get(f"/billing/invoices/{invoice.id}")
    assert paper.status_code == 303
    assert paper.location == f"{stripe.url}/i/{invoice.stripe_id}"


def test_a_card_that_stops_working_leaves_a_grace_and_a_way_back(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe)
    portal(client, "declined")
    later(client, stripe, times, days=30)
    assert subscription().state == "past_due"
    assert room().plan == "Solo"
    assert "The last payment did not go through" in client.get("/billing").text
    assert "The last payment for Solo did not go through" in client.get("/channels").text
    stripe.is_down = True
    times.go(days=13)
    jobs.end_graces()
    assert room().plan == "Solo"
    times.go(days=1)
    jobs.end_graces()
    assert room().plan == "Free"
    make.sign_in(client, make.bob())
    assert "did not go through" not in client.get("/channels").text, "it is the owners' to pay"
    make.sign_in(client, make.alice())
    assert "Solo is not paid and does not count any more" in client.get("/channels").text
    stripe.is_down = False
    portal(client, "ok")
    hear(client, stripe)
    assert room().plan == "Solo"


def test_a_trial_needs_no_card_and_ends_by_itself(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    alice = make.alice()
    answer = client.post("/billing/trial", data=TEAM)
    assert answer.status_code == 422 and "Confirm your own address" in answer.text
    alice.email_verified_at = clock.now()
    database.session.commit()
    assert client.post("/billing/trial", data=TEAM).status_code == 303
    assert room().plan == "Team"
    assert client.post("/billing/trial", data=TEAM).status_code == 422
    stripe.books.advance(14)
    hear(client, stripe)
    assert (room().plan, subscription().state) == ("Free", "canceled")


def test_one_trial_per_person_and_per_remote_account(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    for user in (make.alice(), make.charlie()):
        user.email_verified_at = clock.now()
        make.channel(user, "bluesky", "same-account")
    database.session.commit()
    assert client.post("/billing/trial", data=SOLO).status_code == 303
    make.sign_in(client, make.charlie())
    answer = client.post("/billing/trial", data=SOLO)
    assert answer.status_code == 422 and "have had a trial already" in answer.text
    client.post("/organization/new", data={"organization": "Second"})
    make.sign_in(client, make.alice())
    client.post("/organization/new", data={"organization": "Third"})
    again = client.post("/billing/trial", data=SOLO)
    assert again.status_code == 422 and "have had a trial already" in again.text


def test_stripe_away_changes_nothing_and_says_so(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    stripe.is_down = True
    answer = client.post("/billing/checkout", data=SOLO, follow_redirects=True)
    assert "does not answer just now" in answer.text
    assert database.session.scalars(database.select(BillingAccount)).all() == []
    stripe.is_down = False
    page_to_pay(client)


def test_only_owners_buy_and_the_customer_is_a_number(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    page_to_pay(client)
    [asked] = [one.body.decode() for one in stripe.seen if one.path == "/v1/checkout/sessions"]
    assert "tax_id_collection[enabled]=true" in unquote(asked)
    [customer] = stripe.books.customers.values()
    orchard = database.session.scalars(
        database.select(Organization.id).where(Organization.name == "Orchard")
    ).one()
    assert customer["metadata"] == {"organization": str(orchard)}
    assert customer["email"] is None and customer["name"] is None
    sent = b"".join(seen.body for seen in stripe.seen).decode()
    assert "alice" not in sent.lower() and "orchard" not in sent.lower()
    make.sign_in(client, make.bob("admin"))
    assert client.post("/billing/checkout", data=SOLO).status_code == 403
    assert "Owners choose the plan" in client.get("/billing").text


def test_htmx_is_told_to_go_to_the_page_and_a_person_gets_a_link(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    plain = client.post("/billing/checkout", data=SOLO)
    swapped = client.post("/billing/checkout", data=SOLO, headers={"HX-Request": "true"})
    assert swapped.headers["HX-Redirect"] == link_in(plain)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"quantity": "2"}, "Solo can be taken once"),
        ({"quantity": "0"}, "At least one"),
        ({"currency": "jpy"}, "Not a valid choice"),
        ({"plan": "free"}, "Not a valid choice"),
    ],
)
def test_a_choice_that_is_none_is_told_beside_its_field(
    stripe: StripeStandIn, client: FlaskClient, choice: dict[str, str], words: str
) -> None:
    answer = client.post("/billing/checkout", data=SOLO | choice)
    assert answer.status_code == 422
    assert words in answer.text
