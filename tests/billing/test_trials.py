"""One trial for each person and each account elsewhere, also for accounts that come along later."""

import pytest
from flask.testing import FlaskClient

from app import clock
from app.account.allowances import NoRoom
from app.account.models import User
from app.db import db as database
from tests import make
from tests.billing.steps import SOLO, buy, hear
from tests.servers.stripe import StripeStandIn

DATABASES = ("sqlite",)


def try_it(client: FlaskClient, user: User) -> int:
    user.email_verified_at = clock.now()
    database.session.commit()
    make.sign_in(client, user)
    return client.post("/billing/trial", data=SOLO).status_code


def test_an_account_that_is_connected_during_a_trial_is_in_no_other(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    alice, charlie = make.alice(), make.charlie()
    assert try_it(client, alice) == 303
    first = make.channel(alice, "bluesky", "same-account")
    first.state = "disconnected"
    database.session.commit()
    assert make.channel(make.alice(), "bluesky", "same-account"), "its own trial knows it"
    assert try_it(client, charlie) == 303
    with pytest.raises(NoRoom, match="was in a trial before"):
        make.channel(charlie, "bluesky", "same-account")
    database.session.rollback()
    assert make.channel(make.charlie(), "sandbox", "same-account"), "everybody has a sandbox"
    [_, sub] = stripe.books.subscriptions.values()
    stripe.books.cancel(sub)
    hear(client, stripe)
    buy(client, stripe)
    assert make.channel(make.charlie(), "bluesky", "same-account"), "it is paid for"


def test_an_account_of_a_later_trial_is_known_when_another_begins(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    assert try_it(client, make.alice()) == 303
    make.channel(make.alice(), "bluesky", "same-account")
    make.channel(make.charlie(), "bluesky", "same-account")
    assert try_it(client, make.charlie()) == 422
