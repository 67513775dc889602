"""A card number and a value from inside an event: in no table, no log, no queue and no error report."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import select

from app.billing import jobs
from app.db import db as database
from app.telemetry import gates
from dev import valkey
from tests.billing.steps import buy, post, work_off
from tests.servers.capture import Capture
from tests.servers.stripe import StripeStandIn
from tests.telemetry.conftest import configure

DATABASES = ("sqlite",)
CARD, CODE = "4242424242424242", "canary-security-code-737"


@pytest.fixture
def reports(
    app: Flask, stripe: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Capture]:
    """Error reports go to a server that keeps every byte."""
    made = Capture()
    configure(app, monkeypatch, sentry_dsn=made.dsn)
    yield made
    app.extensions[gates.KEY].sentry.close(timeout=2)
    made.stop()


@pytest.fixture
def queued(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Redis[bytes]"]:
    """A real queue that nobody works off."""
    server = valkey.start(tmp_path / "queue")
    redis: Redis[bytes] = Redis.from_url(server.url)
    monkeypatch.setitem(app.extensions, "redis", redis)
    yield redis
    server.stop()


def stored(redis: "Redis[bytes]") -> bytes:
    """All keys and values; what jobs carry is packed by zlib."""
    found: list[bytes] = []
    for key in redis.scan_iter():
        found += [key, redis.dump(key) or b""]
        packed = redis.hget(key, "data") if redis.type(key) == b"hash" else None
        found += [zlib.decompress(packed)] if packed else []
    return b"\n".join(found)


@pytest.mark.proves("P1.2")
def test_what_was_paid_with_is_nowhere(
    stripe: StripeStandIn, client: FlaskClient, reports: Capture, queued: "Redis[bytes]",
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    buy(client, stripe)
    event = stripe.books.events[-1]
    event["id"] = "evt_canary"
    event["data"]["object"]["payment_method_details"] = {"card": {"number": CARD, "cvc": CODE}}
    invoice = stripe.books.invoices[next(iter(stripe.books.invoices))]
    invoice["description"] = CODE
    body, signature = stripe.signed(event)
    assert post(client, body + b" ", signature).status_code == 400
    assert post(client, body, signature).status_code == 200
    assert b'["evt_canary"]' in stored(queued), "a job carries the id alone"

    def breaks(*seen: Any) -> None:
        payload = body.decode()
        raise RuntimeError(f"broken with {len(payload)} bytes and {len(seen)} values")

    monkeypatch.setattr(jobs.settling, "write_down", breaks)
    with pytest.raises(RuntimeError):
        work_off()
    monkeypatch.setattr("app.billing.events.take", breaks)
    assert post(client, *stripe.signed(event | {"id": "evt_other"})).status_code == 500
    sent = reports.wait_for(1)
    assert b"RuntimeError" in sent[0].body, "the fault itself is reported"
    database.session.rollback()
    held = [
        str(row)
        for one in database.metadata.sorted_tables
        for row in database.session.execute(select(one)).all()
    ]
    assert any("evt_canary" in row for row in held)
    printed = "".join(capfd.readouterr())
    assert "billing.not_signed" in printed
    logged = [printed, caplog.text, *(str(vars(record)) for record in caplog.records)]
    everything = "\n".join([*held, *logged]).encode() + stored(queued)
    everything += b"".join(one.everything for one in sent)
    for value in (CARD, CODE):
        place = everything.find(value.encode())
        assert place < 0, everything[max(0, place - 400) : place + 100]
