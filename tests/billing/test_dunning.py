"""An unpaid plan is told at each step, once, ahead; the clock decides, also while Stripe is away."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import allowances
from app.billing import jobs
from app.billing.models import Subscription
from app.db import db as database
from app.publishing import clones
from tests import make
from tests.billing.steps import TEAM, buy, hear, later, portal
from tests.mailing import Sink
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)


def go_unpaid(client: FlaskClient, stripe: StripeStandIn, times: Times) -> None:
    buy(client, stripe, plan="team")
    portal(client, "declined")
    later(client, stripe, times, days=30)


def days_go_by(times: Times, days: int) -> None:
    """The hourly job as if once a day, twice each time."""
    for _ in range(days):
        times.go(days=1)
        jobs.end_graces()
        jobs.end_graces()


def subjects(sink: Sink) -> list[str]:
    return [str(mail["Subject"]).removesuffix(" - AllStac") for mail in sink.messages]


def test_each_step_is_one_mail_with_its_date_and_the_last_says_that_it_is_paid(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    for n in range(3):
        make.channel(make.alice(), name=f"c{n}")
    go_unpaid(client, stripe, times)
    for n in range(3, 5):
        make.channel(make.alice(), name=f"c{n}")
    make.bob("admin")
    jobs.end_graces()
    stripe.is_down = True
    due = database.session.scalars(database.select(Subscription.unpaid_since)).one()
    assert due
    ends = f"{(due + timedelta(days=14)).astimezone(make.alice().zone):%a %d %b %Y, %H:%M}"
    days_go_by(times, 15)
    assert subjects(mailing) == ["A payment did not go through"] * 3 + ["Your plan holds less now"]
    words = [mail.get_content() for mail in mailing.messages]
    assert all(ends in one for one in words[:3])
    assert "did not go through" in words[0] and "7 more days" in words[1]
    assert "one more day" in words[2] and "does not count any more" in words[3]
    for one in words:
        assert "Free holds 3 channels" in one and ", c4" in one and ", c0" not in one
        assert "/billing" in one and "/settings/privacy/exports" in one
    assert {to for mail in mailing.messages for to in [mail["To"]]} == {"alice@orchard.example"}
    stripe.is_down = False
    make.sign_in(client, make.alice())
    portal(client, "ok")
    hear(client, stripe)
    jobs.end_graces()
    jobs.end_graces()
    assert subjects(mailing)[4:] == ["Your plan is paid again"]
    assert "What was set aside is back" in mailing.messages[-1].get_content()
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Team"


def test_a_mail_that_does_not_leave_is_told_the_next_time(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink, app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    go_unpaid(client, stripe, times)
    working = app.config["SETTINGS"]
    broken = working.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    monkeypatch.setitem(app.config, "SETTINGS", broken)
    with pytest.raises(ExceptionGroup):
        jobs.end_graces()
    monkeypatch.setitem(app.config, "SETTINGS", working)
    jobs.end_graces()
    assert subjects(mailing) == ["A payment did not go through"]


def test_a_copied_database_tells_nobody(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink, app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    go_unpaid(client, stripe, times)
    clones.adopt("the-first")
    database.session.commit()
    other = app.config["SETTINGS"].model_copy(update={"instance_id": "a-copy"})
    monkeypatch.setitem(app.config, "SETTINGS", other)
    jobs.end_graces()
    assert subjects(mailing) == []


def test_a_plan_that_goes_on_tells_nothing(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    later(client, stripe, times, days=31)
    jobs.end_graces()
    assert len(stripe.books.invoices) == 2
    assert subjects(mailing) == []


def test_a_trial_by_the_clock_ends_without_an_invoice_and_leaves_a_week_to_choose(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    alice = make.alice()
    alice.email_verified_at = clock.now()
    database.session.commit()
    assert client.post("/billing/trial", data=TEAM).status_code == 303
    for n in range(5):
        make.channel(alice, name=f"c{n}")
    assert "counts from" in client.get("/billing/channels").text
    later(client, stripe, times, days=13.9)
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Team"
    later(client, stripe, times, days=0.2)
    assert allowances.of(make.member(make.alice()).organization_id).plan == "Free"
    days_go_by(times, 8)
    assert subjects(mailing) == ["Choose which channels stay"] * 2 + ["Your plan holds less now"]
    assert all(not one["total"] for one in stripe.books.invoices.values())
