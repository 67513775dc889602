"""The application with somewhere to send things to: a server that keeps every byte."""

import socket
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import telemetry
from app.account.models import User
from app.db import db as database
from app.privacy import consents
from app.telemetry import gates
from app.telemetry.jobs import send_waiting
from app.telemetry.models import TelemetryRecord
from tests import make
from tests.servers.capture import Capture

KEY = "phc_test_project"


@pytest.fixture(scope="session")
def capture_server() -> Iterator[Capture]:
    made = Capture()
    yield made
    made.stop()


@pytest.fixture
def capture(capture_server: Capture) -> Capture:
    capture_server.clear()
    return capture_server


def configure(app: Flask, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    """The same application with other settings, as if it had booted with them."""
    changed = app.config["SETTINGS"].model_copy(update=settings)
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    monkeypatch.setitem(app.extensions, gates.KEY, None)  # what stood there returns at the end
    telemetry.init_app(app, consents.allows_analytics)


@pytest.fixture
def sending(
    app: Flask, db: object, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Capture]:
    """Sentry and PostHog are set up, both at the capture server."""
    configure(
        app,
        monkeypatch,
        sentry_dsn=capture.dsn,
        posthog_api_key=KEY,
        posthog_host=capture.url,
        release="abc123",
    )
    client = app.extensions[gates.KEY].sentry
    yield capture
    client.close(timeout=2)


def allow(client: FlaskClient, answer: str = "yes", **headers: str) -> str:
    """Press the button under the text that stands on the page; where that leads to."""
    page = client.get("/settings/privacy/consents")
    assert page.status_code == 200, page.text
    shown = page.text.partition('name="shown" value="')[2].partition('"')[0]
    sent = {"answer": answer, "shown": shown, "back": "consents"}
    done = client.post("/settings/privacy/consents/product_analytics", data=sent, headers=headers)
    assert done.status_code == 303, done.text
    return str(done.location)


def send() -> None:
    """What the worker does when the clock rings."""
    database.session.rollback()
    send_waiting()


def ledger(user: User | None = None) -> list[TelemetryRecord]:
    database.session.rollback()
    owner = user or make.alice()
    return list(reversed(database.session.scalars(TelemetryRecord.of(owner.id)).all()))


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that any socket of this process tries to reach."""
    tried: list[object] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            tried.append(address)
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried
