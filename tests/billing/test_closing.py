"""Who asks to be deleted pays for nothing more: no renewal meanwhile, and all goes on when it is taken back."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock, queue
from app.billing import closing_jobs
from app.billing.models import Invoice, Subscription
from app.db import db as database
from app.privacy.recipients import MOST_TRIES
from tests import make
from tests.billing.steps import buy, hear, portal
from tests.billing.test_leaving import again, erase, told
from tests.mailing import Sink
from tests.privacy.test_exports import copy_of
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)
ASKED = {"email": "alice@orchard.example"}


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the jobs that a worker was told of."""
    names: list[str] = []
    monkeypatch.setattr(queue, "enqueue", lambda job, *_, **__: names.append(job.__name__))
    return names


def renews(stripe: StripeStandIn) -> bool:
    [sub] = stripe.books.subscriptions.values()
    return not sub["cancel_at_period_end"]


def days_go_by(stripe: StripeStandIn, times: Times, days: int) -> None:
    stripe.books.advance(days)
    times.now, stripe.books.ahead = stripe.books.moment, timedelta()


def keep(client: FlaskClient) -> None:
    make.sign_in(client, make.alice())
    assert client.post("/settings/privacy/deletion/cancellation").status_code == 303


def test_a_plan_is_not_renewed_while_its_owner_waits_to_be_deleted_and_goes_on_when_they_stay(
    stripe: StripeStandIn, client: FlaskClient, times: Times, rung: list[str]
) -> None:
    buy(client, stripe)
    days_go_by(stripe, times, 20)
    make.sign_in(client, make.alice())
    assert client.post("/settings/privacy/deletion", data=ASKED).status_code == 303
    assert "follow" in rung
    closing_jobs.follow()
    assert not renews(stripe)
    rung.clear()
    keep(client)
    assert "follow" in rung
    closing_jobs.follow()
    closing_jobs.follow()
    assert renews(stripe)
    client.post("/settings/privacy/deletion", data=ASKED)
    closing_jobs.follow()
    days_go_by(stripe, times, 13)
    assert len(stripe.books.invoices) == 1, "its month ended meanwhile, and it was not paid again"


def test_a_plan_that_the_owner_let_run_out_does_not_go_on_by_itself(
    stripe: StripeStandIn, client: FlaskClient, rung: list[str]
) -> None:
    buy(client, stripe)
    portal(client, "cancel")
    hear(client, stripe)
    client.post("/settings/privacy/deletion", data=ASKED)
    closing_jobs.follow()
    keep(client)
    closing_jobs.follow()
    assert not renews(stripe)


def test_while_stripe_is_away_it_is_asked_again(
    stripe: StripeStandIn, client: FlaskClient, rung: list[str]
) -> None:
    buy(client, stripe)
    client.post("/settings/privacy/deletion", data=ASKED)
    stripe.is_down = True
    closing_jobs.follow()
    assert renews(stripe)
    stripe.is_down = False
    closing_jobs.follow()
    assert not renews(stripe)
    noted = database.select(Subscription.ends_for_closing)
    assert database.session.scalars(noted).all() == [True]


def test_what_is_deleted_at_once_is_told_before_its_rows_go(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    erase(times)
    asked = [(one.method, one.path) for one in stripe.seen if "/v1/" in one.path]
    [ended] = [
        n for n, (how, path) in enumerate(asked) if how == "POST" and "/subscriptions/" in path
    ]
    [gone] = [n for n, (how, _) in enumerate(asked) if how == "DELETE"]
    assert ended < gone


def test_a_provider_that_never_answers_is_given_up_and_said_so(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    stripe.is_down = True
    asked = erase(times)
    for _ in range(MOST_TRIES - 1):
        assert told(asked) == ["pending"]
        times.go(days=3)
        asked = again(asked.id)
    assert told(asked) == ["failed"]


def test_the_page_of_deletion_says_what_becomes_of_the_plan(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    assert "What becomes of the plan" not in client.get("/settings/privacy/deletion").text
    buy(client, stripe, plan="team")
    shown = client.get("/settings/privacy/deletion").text
    for words in (
        "Orchard is on Team, renewed on",
        "The renewal ends as soon as you ask",
        "ten years",
    ):
        assert words in shown
    client.post("/settings/privacy/deletion", data=ASKED)
    make.sign_in(client, make.alice())
    assert "is not renewed meanwhile" in client.get("/settings/privacy/deletion").text


@pytest.mark.proves("P8.1")
def test_a_copy_holds_the_invoices_of_the_own_organisation_and_of_no_other(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    buy(client, stripe)
    [mine] = database.session.scalars(database.select(Invoice.number)).all()
    theirs = make.member(make.charlie()).organization_id
    other = {"stripe_id": "in_other", "number": "OTHER-1", "state": "paid", "currency": "eur"}
    paid = {"total": 900, "remaining": 0, "issued_at": clock.now()}
    database.session.add(Invoice(organization_id=theirs, **other, **paid))
    database.session.commit()
    lines = copy_of(make.alice()).read("data/invoice.jsonl").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [mine]
