"""Signed heads leave the house: every day signed, every week to owners, always in public."""

import pytest
from flask.testing import FlaskClient

from app import audit, clock, periodic, queue
from app.account import audit_jobs
from app.audit import heads
from app.db import db as database
from tests import make
from tests.audit.test_log import fill
from tests.servers.smtp import Sink

pytestmark = pytest.mark.usefixtures("db")


def test_the_clock_has_a_head_signed() -> None:
    fill(3, make.alice(), make.bob())
    periodic.run("audit.head")
    periodic.run("audit.head")
    assert [head.size for head in heads.every()] == [3]
    assert audit.verify() == []


def test_owners_with_a_confirmed_address_get_the_head(
    mailing: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, charlie = make.alice(), make.bob(), make.charlie()
    alice.email_verified_at = bob.email_verified_at = clock.now()
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(queue, "enqueue", lambda *job, on: rung.append((*job, on)))
    periodic.run("audit.head_mails")
    assert rung == [], "there is no head yet"
    fill(3, alice, charlie)
    audit.sign_head(clock.now())
    database.session.commit()
    periodic.run("audit.head_mails")
    assert rung == [(audit_jobs.send_head, alice.id, "default")]
    audit_jobs.send_head(alice.id)
    message = mailing.wait_for(alice.email)
    assert message["Subject"] == "The state of the audit trail, signed - AllStac"
    [head] = heads.every()
    words = message.get_content().replace("=\n", "")
    assert head.root.hex() in words
    assert "Events: 3" in words
    assert "{{" not in words


@pytest.mark.proves("P7.4")
def test_heads_stand_in_public(anonymous: FlaskClient) -> None:
    empty = anonymous.get("/.well-known/audit-head.json")
    assert (empty.status_code, empty.json) == (200, {"heads": [], "public_key": None})
    fill(5, make.alice(), make.bob())
    audit.sign_head(clock.now())
    database.session.commit()
    shown = anonymous.get("/.well-known/audit-head.json").json
    assert shown
    [head] = shown["heads"]
    assert (head["number"], head["size"]) == (1, 5)
    assert head["root"] == heads.every()[0].root.hex()
    assert len(shown["public_key"]) == 64
