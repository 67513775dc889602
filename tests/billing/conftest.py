"""An instance that sells plans, with the stand-in for Stripe behind it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.billing import jobs, stripe_api
from app.billing.plans import LADDER
from tests.servers.stripe import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn


@pytest.fixture
def stripe(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeStandIn]:
    stand_in = StripeStandIn()
    update = {
        "stripe_secret_key": SECRET_KEY,
        "stripe_webhook_secret": WEBHOOK_SECRET,
        "stripe_api_base": stand_in.url,
    }
    settings = app.config["SETTINGS"].model_copy(update=update)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    monkeypatch.setitem(app.extensions, "ladder", LADDER)
    monkeypatch.setattr(stripe_api, "TRIES", 0)  # the SDK would sleep between them
    jobs.refresh_prices()
    yield stand_in
    stand_in.stop()
