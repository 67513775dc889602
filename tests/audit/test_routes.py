"""Every route that changes something leaves a line in the trail: what each writes, and that none
can forget to."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from structlog.testing import capture_logs

from app import audit, clock
from app.account.tokens import LoginSession, OneTimeToken
from app.audit import leaves, silence
from app.audit.models import AuditDetail, AuditEvent
from app.audit.openings import BOTH, Openings
from app.audit.silence import Silent
from app.db import db as database
from tests import make

pytestmark = pytest.mark.usefixtures("db")


def last() -> tuple[str, int | None, int | None, int | None]:
    """Action, organisation, actor and subject of the newest event."""
    database.session.rollback()
    event, detail = database.session.execute(
        select(AuditEvent, AuditDetail)
        .join(AuditDetail, AuditDetail.number == AuditEvent.number)
        .order_by(AuditEvent.number.desc())
        .limit(1)
    ).one()
    return event.action, event.organization_id, detail.actor_id, detail.subject_id


def opened() -> dict[str, Any]:
    """The details of the newest event."""
    row = database.session.execute(BOTH.order_by(AuditEvent.number.desc()).limit(1)).one()
    found: dict[str, Any] = json.loads(Openings().value(row, leaves.DETAILS) or "")
    return found


def count() -> int:
    database.session.rollback()
    return database.session.query(AuditEvent).count()


def calls(function: FunctionType, seen: set[str]) -> Iterator[str]:
    """What a function calls, through the application's own functions that it names."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        if isinstance(node, ast.Name) and node.id not in seen:
            seen.add(node.id)
            named = inspect.unwrap(function.__globals__.get(node.id, len))
            if isinstance(named, FunctionType) and "routes" in named.__module__:
                yield from calls(named, seen)


@pytest.mark.proves("P7.4")
def test_every_unsafe_route_records_or_says_why_not(app: Flask) -> None:
    silent = []
    for rule in app.url_map.iter_rules():
        if not (rule.methods or set()) - set(silence.SAFE):
            continue
        view: Any = inspect.unwrap(app.view_functions[rule.endpoint])
        if silence.is_marked(rule.endpoint):
            assert len(view.unaudited) > 20, rule.endpoint
        elif "audit.record" not in set(calls(view, set())):
            silent.append(rule.endpoint)
    assert silent == []


PROFILE = {"name": "Alice", "timezone": "UTC", "theme": "dark"}


@pytest.mark.proves("P7.4")
def test_a_route_that_forgets_fails_the_tests_and_is_logged_in_production(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "record", lambda *_, **__: None)
    with pytest.raises(Silent, match=r"account\.change_profile"):
        client.post("/account", data=PROFILE)
    real = app.config["SETTINGS"].model_copy(update={"app_env": "production"})
    monkeypatch.setitem(app.config, "SETTINGS", real)
    with capture_logs() as logs:
        assert client.post("/account", data=PROFILE).status_code == 303
    [line] = [line for line in logs if line["event"] == "audit.silent"]
    assert line["endpoint"] == "account.change_profile"


def test_what_fails_leaves_no_line(client: FlaskClient) -> None:
    before = count()
    assert client.post("/account", data=PROFILE | {"name": ""}).status_code == 422
    assert client.post("/posts/999/cancellation").status_code == 404
    assert client.post("/organization/leaving", data={"name": "Orchard"}).status_code == 422
    assert count() == before


def test_what_people_do_with_their_account(anonymous: FlaskClient) -> None:
    alice = make.alice()
    bad = {"email": alice.email, "password": "not this one"}
    anonymous.post("/login", data=bad)
    assert last() == ("account.sign_in_failed", None, None, alice.id)
    anonymous.post("/login", data=bad | {"email": "nobody@else.example"})
    assert last() == ("account.sign_in_failed", None, None, None)
    make.sign_in(anonymous, alice)
    assert last() == ("account.signed_in", None, alice.id, None)
    anonymous.post("/account", data=PROFILE)
    assert last() == ("account.changed", None, alice.id, None)
    new = {"password": make.PASSWORD, "new_password": "eight loud storks"}
    anonymous.post("/account/password", data=new)
    assert last()[0] == "account.password_changed"
    other = anonymous.application.test_client()
    other.post("/login", data={"email": alice.email, "password": "eight loud storks"})
    session = database.session.query(LoginSession).order_by(LoginSession.id.desc()).first()
    anonymous.post(f"/account/sessions/{session.id}/revocation")  # type: ignore[union-attr]
    assert last()[0] == "account.session_ended"
    anonymous.post("/account/sessions/revocation")
    assert last()[0] == "account.sessions_ended"
    anonymous.post("/account/verification")
    assert last()[0] == "account.verification_asked"
    anonymous.post("/logout")
    assert last() == ("account.signed_out", None, alice.id, None)
    anonymous.post("/password/forgot", data={"email": alice.email})
    assert last() == ("account.password_asked", None, None, alice.id)
    link = OneTimeToken.issue(alice, "password", clock.now(), 30)
    database.session.commit()
    anonymous.post(f"/password/reset/{link}", data={"password": "nine loud storks"})
    assert last() == ("account.password_reset", None, alice.id, None)
    assert audit.verify() == []


def test_what_is_done_in_an_organization(client: FlaskClient) -> None:
    alice, bob = make.alice(), make.bob()
    alice.email_verified_at = clock.now()
    home, member = make.member(alice).organization_id, make.member(bob).id
    database.session.commit()
    client.post(f"/organization/members/{member}/role", data={"role": "viewer"})
    assert last() == ("member.role_changed", home, alice.id, bob.id)
    assert opened() == {"role": "viewer", "was": "editor"}
    client.post("/organization/invitations", data={"email": "d@new.example", "role": "editor"})
    assert last() == ("invitation.sent", home, alice.id, None)
    invitation = opened()["invitation"]
    client.post(f"/organization/invitations/{invitation}/mail")
    assert last()[0] == "invitation.mailed_again"
    client.post(f"/organization/invitations/{invitation}/revocation")
    assert last()[0] == "invitation.revoked"
    settings = {"name": "Orchard", "timezone": "UTC", "late_after": "60"}
    client.post("/organization", data=settings)
    assert last() == ("organization.changed", home, alice.id, None)
    client.post(f"/organization/members/{member}/removal")
    assert last() == ("member.removed", home, alice.id, bob.id)
    client.post("/organization/new", data={"organization": "Second"})
    assert last()[0] == "organization.founded"
    assert last()[1] not in (home, None)
    client.post("/organization/leaving", data={"name": "Second"})
    assert audit.verify() == []


def test_what_is_done_with_posts_and_channels(client: FlaskClient) -> None:
    client.post("/channels/connect/sandbox")
    assert last()[0] == "channel.connected"
    channel = opened()["channel"]
    sent = {"text": "Hello", "channels": channel, "when": "at", "due_at": "2027-01-01T10:00"}
    client.post("/posts/new", data=sent | {"nonce": "n1"})
    assert last()[0] == "post.created"
    post, before = opened()["post"], count()
    client.post("/posts/new", data=sent | {"nonce": "n1"})
    assert count() == before, "the same form again writes nothing"
    client.post(f"/posts/{post}/edit", data=sent | {"text": "Hello you", "version": "1"})
    assert (last()[0], opened()["version"]) == ("post.changed", 2)
    client.post(f"/posts/{post}/move", data={"due_at": "2027-01-02T10:00"})
    assert last()[0] == "post.moved"
    client.post(f"/posts/{post}/publication")
    assert last()[0] == "post.released"
    client.post(f"/posts/{post}/cancellation")
    assert last()[0] == "post.cancelled"
    client.post(f"/posts/{post}/deletion")
    assert last()[0] == "post.deleted"
    client.post(f"/channels/{channel}/disconnection")
    assert last()[0] == "channel.disconnected"
    assert audit.verify() == []
