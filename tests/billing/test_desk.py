"""What whoever runs the instance sees of billing: states, differences, the log; no body, nobody's name."""

from flask.testing import FlaskClient

from app.billing import jobs
from tests import make
from tests.billing.steps import buy
from tests.servers.stripe import StripeStandIn

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
    assert "1 customers" in shown and "1 canceled" in shown and "0 events wait" in shown
    assert "state active &gt; canceled" in shown
    assert "customer.subscription.created" in shown and "settled" in shown
    assert "Orchard" not in shown and "alice" not in shown.lower()


def test_where_nothing_is_sold_the_desk_says_so(client: FlaskClient) -> None:
    make.sign_in(client, make.operator())
    assert "Nothing is sold here" in client.get("/operator/billing").text
    make.sign_in(client, make.alice())
    assert client.get("/operator/billing").status_code == 404
