"""Faults are provoked everywhere at once with a canary in every corner; what leaves holds none."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
import structlog
from flask import Flask
from flask.testing import FlaskClient
from rq import Queue, SimpleWorker
from sentry_sdk.utils import event_from_exception
from sqlalchemy import text

from app import clock, mail, telemetry
from app.account import jobs
from app.account.models import User
from app.db import db as database
from app.networks.adapters.sandbox import Sandbox
from app.publishing import clockwork, engine
from app.scheduler import composing
from app.telemetry import gates, shape
from dev import valkey
from tests import make
from tests.servers.capture import Capture
from tests.telemetry.canaries import Canaries
from tests.telemetry.conftest import allow, ledger, send


class Holder:
    """Its repr would tell."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return self.value


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = valkey.start(tmp_path / "queue")
    yield server.url
    server.stop()


def raiser(canaries: Canaries) -> Any:
    """A function that fails with canaries in its name, class, message, causes, locals, arguments."""
    odd = type(canaries["class_name"], (ValueError,), {"__module__": canaries["module_name"]})

    def broken(*args: Any, **kwargs: Any) -> None:
        local, thing = canaries["local"], Holder(canaries["local_object"])
        assert args is not None and local and thing
        try:
            try:
                raise KeyError(canaries["context_message"])
            except KeyError:
                raise LookupError(canaries["cause_message"])  # noqa: B904  # an implicit context
        except LookupError as cause:
            error = odd(canaries["message"])
            error.add_note(canaries["note_on_error"])
            raise error from cause

    named = f"def {canaries['function_name']}(broken, *a, **k): broken(*a, **k)"
    space: dict[str, Any] = {"__name__": "app.scheduler.composing"}
    exec(named, space)  # a frame that pretends to be ours
    called = space[canaries["function_name"]]
    return lambda *_, **__: called(broken, canaries["argument"], keyword=canaries["keyword"])


def provoke_in_a_page(app: Flask, alice: User, canaries: Canaries, client: FlaskClient) -> None:
    client.set_cookie("hint", canaries["cookie"])
    headers = {
        "X-Odd": canaries["header"],
        "User-Agent": canaries["user_agent"],
        "Referer": f"http://localhost/?t={canaries['referer']}",
        "Authorization": f"Bearer {canaries['authorization']}",
        "X-Forwarded-For": canaries["forwarded_for"],
    }
    fields = {
        "text": canaries["post_text"],
        "alt": canaries["alt_text"],
        canaries["field_name"]: canaries["field_value"],
        "channels": [str(channel.id) for channel in alice_channels(alice)],
        "when": "now",
    }
    answer = client.post(
        f"/posts/new?{canaries['query_name']}={canaries['query']}",
        data=fields,
        headers=headers,
        environ_overrides={"REMOTE_ADDR": canaries["remote_address"]},
    )
    assert answer.status_code == 500, answer.text


def alice_channels(alice: User) -> list[Any]:
    from app.channels.models import Channel

    return list(database.session.scalars(Channel.of(make.member(alice))))


def provoke_in_paths_and_json(
    client: FlaskClient, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.account.link_routes.OneTimeToken.valid", raiser(canaries))
    assert client.get(f"/verify/{canaries['path']}").status_code == 500
    sent = {"deep": [canaries["json_value"]], "file": canaries["picture_name"]}
    assert client.post(f"/verify/{canaries['path']}", json=sent).status_code == 500


def provoke_in_the_database(
    app: Flask, client: FlaskClient, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unique key that is taken: Postgres repeats the value in its words."""

    def insert(*_: Any, **__: Any) -> None:
        database.session.execute(
            text(f'SELECT :value AS "{canaries["sql_literal"]}"'),
            {"value": canaries["sql_parameter"]},
        )
        for _ in range(2):
            database.session.add(
                User(email=canaries["database_detail"], name="x", created_at=clock.now())
            )
        database.session.flush()

    monkeypatch.setattr(composing, "write", insert)
    channel = make.channel(make.alice(), name="two")
    sent = {"text": "Hi", "when": "now", "channels": [channel.id]}
    assert client.post("/posts/new", data=sent).status_code == 500


def provoke_in_a_job(
    app: Flask, canaries: Canaries, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis import Redis

    def refuse(template: str, to: str, **context: Any) -> None:
        raise OSError(f"{to} {canaries['job_message']} {context}")

    monkeypatch.setattr(mail, "send", refuse)
    queue = Queue("default", connection=Redis.from_url(redis_url), serializer="json")
    queue.enqueue(jobs.send_verification, make.alice().id)
    queue.enqueue(jobs.send_verification, make.alice().id, canaries["job_argument"])
    worker = SimpleWorker(
        [queue],
        connection=queue.connection,
        serializer="json",
        exception_handlers=[telemetry.report_job],
    )
    worker.work(burst=True, logging_level="CRITICAL")


def provoke_in_commands(app: Flask, canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(canaries["command_message"])

    monkeypatch.setattr("app.account.enrolling.enrol", broken)
    words = ["user", "create", canaries["command_argument"], "--name", "Odd"]
    runner = app.test_cli_runner()
    assert isinstance(runner.invoke(args=words).exception, RuntimeError)

    def tick(*_: Any) -> None:
        raise RuntimeError(canaries["clock_message"])

    monkeypatch.setattr(clockwork, "tick", tick)
    assert isinstance(runner.invoke(args=["clock"]).exception, RuntimeError)


def provoke_in_the_engine(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    async def publish(*_: Any) -> None:
        answer = {"body": canaries["network_answer"]}
        raise RuntimeError(canaries["engine_message"], answer)

    monkeypatch.setattr(Sandbox, "publish", publish)
    alice = make.alice()
    make.post(alice, make.channel(alice, name="three"), text="due", due_at=clock.now())
    engine.run_shift()


def provoke_in_logs(canaries: Canaries) -> None:
    logging.getLogger("app").error("of %s", canaries["log_argument"])
    logging.getLogger("app").critical(canaries["log_message"])
    structlog.get_logger("app").error("odd", value=canaries["structured_log"])


def provoke_through_the_library(app: Flask, canaries: Canaries) -> None:
    """Somebody uses Sentry's library directly, with all that it offers."""
    client = app.extensions[gates.KEY].sentry
    scope = sentry_sdk.Scope(client=client)
    scope.add_breadcrumb(message=canaries["breadcrumb"], data={"x": canaries["breadcrumb"]})
    scope.set_tag("odd", canaries["tag"])
    scope.set_extra("odd", canaries["extra"])
    scope.set_user({"id": canaries["email"], "email": canaries["email"], "username": "x"})
    event = {
        "message": canaries["message"],
        "transaction": canaries["transaction"],
        "release": canaries["release"],
        "environment": canaries["environment"],
        "event_id": canaries["tag"],
        "request": {"url": canaries["path"], "headers": {"Cookie": canaries["cookie"]}},
        "tags": {"kind": canaries["tag"], "method": canaries["tag"], "status": canaries["tag"]},
        "exception": {"values": [{"type": canaries["class_name"], "value": canaries["message"]}]},
    }
    client.capture_event(event, scope=scope)
    client.capture_event({"type": "transaction", "transaction": canaries["transaction"]})


def provoke_everywhere(
    app: Flask,
    client: FlaskClient,
    canaries: Canaries,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = make.alice()
    alice.name, alice.email = canaries["name"], f"{canaries['email']}@orchard.example"
    make.member(alice).organization.name = canaries["organization"]
    alice.set_password(canaries["password"] + canaries["password"])
    database.session.commit()
    with client.session_transaction() as held:
        held["challenge"] = canaries["session_value"]
    make.channel(alice, name=canaries["handle"])
    with monkeypatch.context() as patch:
        patch.setattr(composing, "write", raiser(canaries))
        provoke_in_a_page(app, alice, canaries, client)
        provoke_in_paths_and_json(client, canaries, patch)
        provoke_in_the_database(app, client, canaries, patch)
        provoke_in_commands(app, canaries, patch)
    with monkeypatch.context() as patch:
        provoke_in_a_job(app, canaries, redis_url, patch)
        provoke_in_the_engine(canaries, patch)
    provoke_in_logs(canaries)
    provoke_through_the_library(app, canaries)


@pytest.fixture
def alices(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Alice keeps her id when her address changes under the test's hands."""
    alice_id = make.alice().id
    monkeypatch.setattr(make, "alice", lambda: database.session.get(User, alice_id))
    return client


@pytest.mark.proves("P5.5", "P1.3")
def test_no_canary_leaves_in_any_error_report(
    app: Flask,
    alices: FlaskClient,
    sending: Capture,
    canaries: Canaries,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SENTRY_RELEASE", canaries["release"])
    monkeypatch.setenv("SENTRY_ENVIRONMENT", canaries["environment"])
    provoke_everywhere(app, alices, canaries, redis_url, monkeypatch)
    telemetry.reports.flush()
    caught = sending.wait_for(10)
    assert canaries.unplanted == set()
    assert len(canaries.planted) >= 40
    assert {one.path for one in caught} == {"/api/1/envelope/"}
    assert canaries.found_in(b"\n".join(one.everything for one in caught)) == []
    places = [json.loads(one.body.splitlines()[2])["transaction"] for one in caught]
    assert places == [
        "posts.create",
        "account.verify_address",
        "account.confirm_address",
        "posts.create",
        "user create",
        "clock",
        "app.account.jobs.send_verification",
        "app.account.jobs.send_verification",
        "app.publishing.engine.run_shift",
        shape.UNKNOWN,
    ]
    kept = [row.payload for row in ledger()]
    assert canaries.found_in("\n".join(kept).encode()) == []


@pytest.mark.proves("P5.6", "P1.3")
def test_no_canary_leaves_in_any_product_event(
    app: Flask, alices: FlaskClient, sending: Capture, canaries: Canaries, redis_url: str
) -> None:
    alice = make.alice()
    alice.name, alice.email = canaries["name"], f"{canaries['email']}@orchard.example"
    alice.email_verified_at = clock.now()
    database.session.commit()
    headers = {"User-Agent": canaries["user_agent"], "X-Forwarded-For": canaries["forwarded_for"]}
    where = {"REMOTE_ADDR": canaries["remote_address"]}
    allow(alices)
    for path, data in (
        ("/channels/connect/sandbox", {}),
        (
            "/organization/invitations",
            {"email": f"{canaries['handle']}@x.example", "role": "viewer"},
        ),
    ):
        done = alices.post(path, data=data, headers=headers, environ_overrides=where)
        assert done.status_code == 303, done.text
    [channel] = alice_channels(alice)
    sent = {"text": canaries["post_text"], "when": "now", "channels": [channel.id]}
    assert alices.post("/posts/new", data=sent, headers=headers).status_code == 303
    send()
    caught = sending.wait_for(1)
    assert canaries.found_in(caught[0].everything) == []
    names = [event["event"] for event in json.loads(caught[0].body)["batch"]]
    assert names == ["analytics_allowed", "channel_connected", "invitation_sent", "post_scheduled"]


def test_the_library_left_to_itself_would_have_leaked(
    app: Flask, canaries: Canaries, capture: Capture
) -> None:
    """The canaries sing: the same fault through a default client tells what ours must not."""
    client = sentry_sdk.Client(capture.dsn, default_integrations=False, send_client_reports=False)
    scope = sentry_sdk.Scope(client=client)
    scope.add_breadcrumb(message=canaries["breadcrumb"])
    scope.set_tag("odd", canaries["tag"])
    try:
        raiser(canaries)()
    except ValueError as error:
        event, hint = event_from_exception(error, client_options=client.options)
        client.capture_event(event, hint, scope)
    client.flush(5)
    [report] = capture.wait_for(1)
    leaked = canaries.found_in(report.everything)
    assert len(leaked) >= 8, leaked
    assert {"message", "cause_message", "local", "class_name", "function_name"} <= set(leaked)
    client.close()


def test_every_canary_is_its_own(canaries: Canaries) -> None:
    values = list(canaries.values.values())
    assert len(set(values)) == len(values) >= 40
    assert canaries.found_in(b"nothing here") == []
    assert canaries.found_in(b"KANARI00EMAIL") == ["email"]
    assert os.environ.get("SENTRY_DSN") is None
