"""What people read who choose, try and keep a plan: prices beside the choice, years on dates, a way to pay."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, moments
from app.account import allowances
from app.account.permissions import Role
from app.billing import jobs
from app.db import db as database
from tests import make
from tests.billing.steps import SOLO, TEAM, buy, later, link_in
from tests.billing.test_dunning import subjects
from tests.mailing import Sink
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)


def verified() -> None:
    make.alice().email_verified_at = clock.now()
    database.session.commit()


def room() -> allowances.Room:
    return allowances.of(make.member(make.alice()).organization_id)


def test_a_date_of_another_year_says_which(app: Flask, times: Times) -> None:
    with app.test_request_context():
        assert str(times.now.year) not in moments.both(times.now)
        then = times.go(days=366) - timedelta(days=366)
        assert str(then.year) in moments.both(then)
        assert str(times.now.year) in moments.dated(times.now)


def test_a_yearly_plan_says_in_which_year_it_ends(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe, cycle="yearly")
    client.post("/billing/cancellation")
    shown, ends = client.get("/billing").text, times.now + timedelta(days=365)
    assert f"{ends:%b} {ends.year}" in shown


def test_prices_stand_beside_the_choice_in_the_currency_that_was_picked(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    shown = client.get("/billing").text
    assert "€29" in shown and "€290" in shown and "$29" not in shown
    shown = client.get("/billing?plan=team&cycle=yearly&currency=usd").text
    assert "$290" in shown and "€290" not in shown
    for chosen in ('selected value="team"', 'selected value="yearly"', 'selected value="usd"'):
        assert chosen in shown
    assert client.get("/billing?plan=nothing&currency=x").status_code == 200


def test_each_price_leads_to_its_plan_also_through_the_sign_up(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    shown = client.get("/pricing?currency=gbp").text
    assert 'href="/billing?plan=team&amp;cycle=yearly&amp;currency=gbp"' in shown
    anonymous = client.application.test_client()
    wish = "/billing?plan=team&cycle=yearly&currency=gbp"
    public = anonymous.get("/pricing?currency=gbp").text
    assert "/signup?next=%2Fbilling%3Fplan%3Dteam%26cycle%3Dyearly%26currency%3Dgbp" in public
    assert 'name="next"' in anonymous.get("/signup", query_string={"next": wish}).text
    new = {"name": "Dora Dale", "email": "dora@new.example", "password": make.PASSWORD, "accept": "y",
           "organization": "Dale", "birth_month": "5", "birth_year": "1990"}  # fmt: skip
    joined = anonymous.post("/signup", data=new | {"next": wish})
    assert (joined.status_code, joined.location) == (303, wish)
    other = client.application.test_client()
    elsewhere = {"email": "eve@new.example", "next": "https://evil.example/"}
    assert "evil" not in other.post("/signup", data=new | elsewhere).location


def test_a_refusal_leads_to_the_page_of_the_plan(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    verified()
    sent = {"email": "dora@new.example", "role": Role.EDITOR}
    refused = client.post("/organization/invitations", data=sent)
    assert '<a href="/billing">on the page Plan</a>' in refused.text
    for name in ("one", "two", "three"):
        make.channel(make.alice(), name=name)
    full = client.post("/channels/connect/sandbox", follow_redirects=True)
    assert '<a href="/billing">on the page Plan</a>' in full.text
    assert "<b>" not in allowances.to_plan("<b> on the page Plan").replace("</a>", "")


def test_all_that_is_counted_is_listed(stripe: StripeStandIn, client: FlaskClient) -> None:
    shown = client.get("/billing").text
    for words in allowances.WORDS.values():
        assert f'<th scope="row">{words[0].upper()}{words[1:]}' in shown


def test_a_trial_is_as_big_as_what_was_chosen(stripe: StripeStandIn, client: FlaskClient) -> None:
    verified()
    assert client.post("/billing/trial", data=TEAM | {"quantity": "3"}).status_code == 303
    assert room().channels == 75


@pytest.mark.parametrize("card", ["", "ok"])
def test_a_trial_says_how_it_is_kept_and_by_mail_before_it_ends(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink, card: str
) -> None:
    verified()
    client.post("/billing/trial", data=TEAM)
    assert "Keep Team: give a card" in client.get("/billing").text
    assert "/p/session/" in link_in(client.post("/billing/portal"))
    jobs.end_graces()
    assert subjects(mailing) == []
    later(client, stripe, times, days=11.1)
    jobs.end_graces()
    jobs.end_graces()
    assert subjects(mailing) == ["Your trial is over soon"]
    assert "/billing" in mailing.messages[0].get_content()
    if card:
        stripe.books.cards[next(iter(stripe.books.customers))] = card
    later(client, stripe, times, days=3)
    jobs.end_graces()
    assert subjects(mailing) == ["Your trial is over soon"], "and no other is sent for it"
    assert room().plan == ("Team" if card else "Free")


def test_another_address_is_the_same_person(stripe: StripeStandIn, client: FlaskClient) -> None:
    verified()
    assert client.post("/billing/trial", data=SOLO).status_code == 303
    make.alice().email = "other@orchard.example"
    database.session.commit()
    assert client.post("/organization/new", data={"organization": "Second"}).status_code == 303
    again = client.post("/billing/trial", data=SOLO)
    assert again.status_code == 422 and "have had a trial already" in again.text


def test_a_stand_in_for_stripe_is_called_one(
    stripe: StripeStandIn, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = ("/pricing", "/billing", "/billing/invoices")
    assert all("a stand-in answers here" in client.get(path).text for path in pages)
    settings = client.application.config["SETTINGS"]
    real = settings.model_copy(update={"stripe_api_base": None})
    monkeypatch.setitem(client.application.config, "SETTINGS", real)
    assert "stand-in" not in client.get("/billing/invoices").text
