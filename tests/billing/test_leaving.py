"""Who is erased pays no more: the subscription ends and the customer goes, also when Stripe is away first."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account.models import Organization
from app.billing.models import BillingAccount, Invoice, Subscription
from app.db import db as database
from app.privacy import erasure_jobs, erasures
from app.privacy.erasures import AWAITING, Erasure
from app.privacy.recipients import ErasureNotice
from tests import make
from tests.billing.steps import buy
from tests.mailing import Sink
from tests.servers.stripe import StripeStandIn
from tests.times import Times


def erase(times: Times) -> Erasure:
    alice = make.alice()
    choices = erasures.settle(alice, {})
    asked = erasures.begin(alice, choices, clock.now(), clock.now())
    database.session.commit()
    return again(asked.id)


def again(id: int) -> Erasure:
    erasure_jobs.erase(id)
    database.session.expire_all()
    return database.session.get_one(Erasure, id)


def told(erasure: Erasure) -> list[str]:
    """What became of telling Stripe."""
    ours = ErasureNotice.of(erasure.id).where(ErasureNotice.recipient == "stripe")
    return [notice.state for notice in database.session.scalars(ours)]


@pytest.mark.proves("P2.3")
def test_an_organisation_that_goes_ends_its_plan_and_its_customer(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    assert told(erase(times)) == ["done"]
    [customer], [sub] = stripe.books.customers.values(), stripe.books.subscriptions.values()
    assert customer["deleted"] and sub["status"] == "canceled"
    for model in (Organization, BillingAccount, Subscription):
        assert database.session.scalars(database.select(model)).all() == []
    [kept], [paper] = (
        database.session.scalars(database.select(Invoice)).all(),
        stripe.books.invoices,
    )
    assert (kept.organization_id, kept.stripe_id, kept.total) == (None, paper, 900)


def test_while_stripe_is_away_the_erasure_waits_for_it_alone(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    stripe.is_down = True
    waiting = erase(times)
    assert (waiting.state, told(waiting)) == (AWAITING, ["pending"])
    assert database.session.scalars(database.select(Organization)).all() == []
    stripe.is_down = False
    times.go(minutes=11)
    assert told(again(waiting.id)) == ["done"]
    assert all(one.get("deleted") for one in stripe.books.customers.values())


def test_who_leaves_the_organisation_to_others_leaves_its_plan_too(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    bob = make.bob("editor")
    alice = make.alice()
    home = str(make.member(alice).organization_id)
    choices = erasures.settle(alice, {home: str(make.member(bob).id)})
    asked = erasures.begin(alice, choices, clock.now(), clock.now())
    database.session.commit()
    assert told(again(asked.id)) == []
    [sub] = database.session.scalars(database.select(Subscription)).all()
    assert sub.state == "active" and make.member(bob).role == "owner"
    make.sign_in(client, bob)
    assert client.post("/billing/portal").status_code == 200


def test_without_billing_nobody_is_asked(app: Flask, db: object) -> None:
    assert erasures.organizations_going(make.alice().id) == ()
