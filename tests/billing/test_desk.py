"""What whoever runs the instance sees of billing: states, differences, the log; no body, nobody's name."""

from flask.testing import FlaskClient

from app.account.models import Organization
from app.billing import jobs
from app.db import db as database
from tests import make
from tests.billing.steps import buy, later, portal
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)


def test_the_desk_sees_customers_differences_and_what_was_told(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    buy(client, stripe)
    [sub] = stripe.books.subscriptions.values()
    stripe.books.cancel(sub)
    jobs.look_at_all()
    make.sign_in(client, make.operator())
    shown = client.get("/operator/billing").text
    assert "1 customer<" in shown and "1 canceled" in shown and "0 events wait" in shown
    assert "state active &gt; canceled" in shown
    assert "customer.subscription.created" in shown and "settled" in shown
    assert "Orchard" not in shown and "alice" not in shown.lower()
    assert "1 looked at, 1 differed" in shown
    customer = next(iter(stripe.books.customers))
    assert client.get("/operator/billing?state=active").text.count(customer) == 0
    assert client.get("/operator/billing?state=canceled").text.count(customer) == 2
    told = client.get("/operator/billing?type=invoice.paid&outcome=settled").text
    assert told.count("<td>invoice.paid</td>") == 1 and "<td>customer.created</td>" not in told
    assert "evt_" not in client.get("/operator/billing?customer=cus_other").text
    jobs.look_at_all()
    assert "state active &gt; canceled" not in client.get("/operator/billing").text
    assert "state active &gt; canceled" in client.get("/operator/billing?differences=all").text


def test_the_desk_sees_who_has_not_paid_and_what_is_left_of_those_who_went(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe)
    portal(client, "declined")
    later(client, stripe, times, days=30)
    make.sign_in(client, make.operator())
    assert "counts until" in client.get("/operator/billing").text
    database.session.execute(database.delete(Organization))
    database.session.commit()
    shown = client.get("/operator/billing").text
    assert "Invoices of organisations that are gone" in shown and "STANDIN-0001" in shown


def test_where_nothing_is_sold_the_desk_says_so(client: FlaskClient) -> None:
    make.sign_in(client, make.operator())
    assert "Nothing is sold here" in client.get("/operator/billing").text
    make.sign_in(client, make.alice())
    assert client.get("/operator/billing").status_code == 404
