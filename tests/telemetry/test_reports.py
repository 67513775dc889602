"""Error reports: built from names in our code, written down before they leave, stopped by objection."""

import json
import re
import threading
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app import clock, telemetry
from app.account import jobs
from app.db import db as database
from app.networks.adapters.sandbox import Sandbox
from app.publishing import engine
from app.scheduler import composing
from app.telemetry import gates, people, shape
from app.telemetry.models import TelemetryRecord
from tests import make
from tests.servers.capture import Capture
from tests.telemetry.conftest import ledger
from tests.times import Times

FRAME = {"module", "function", "lineno", "in_app"}


def broken(*_: Any, **__: Any) -> None:
    try:
        raise KeyError("secret inside")
    except KeyError as cause:
        raise RuntimeError("secret outside") from cause


def write(client: FlaskClient) -> int:
    """Schedule a post, which breaks."""
    channel = make.channel(make.alice())
    sent = {"text": "Hi", "when": "now", "channels": [channel.id]}
    return client.post("/posts/new", data=sent).status_code


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "write", broken)


def event_of(body: bytes) -> dict[str, Any]:
    head, item, payload, rest = body.split(b"\n")
    assert (json.loads(head).keys(), rest) == ({"event_id", "sent_at"}, b"")
    assert json.loads(item) == {
        "type": "event",
        "content_type": "application/json",
        "length": len(payload),
    }
    event: dict[str, Any] = json.loads(payload)
    return event


@pytest.mark.proves("P5.5", "P1.3")
def test_a_report_has_exactly_the_allowed_shape(
    client: FlaskClient, sending: Capture, breaking: None
) -> None:
    assert write(client) == 500
    [report] = sending.wait_for(1)
    event = event_of(report.body)
    [cause, error] = event.pop("exception")["values"]
    assert re.fullmatch("[0-9a-f]{32}", event.pop("event_id"))
    assert abs(event.pop("timestamp") - clock.now().timestamp()) < 60
    assert event == {
        "platform": "python",
        "level": "error",
        "environment": "test",
        "release": "abc123",
        "transaction": "posts.create",
        "tags": {"kind": "web", "method": "POST", "status": "500"},
        "user": {"id": people.pseudonym(make.alice().id, clock.now())},
    }
    assert (cause["module"], cause["type"]) == ("builtins", "KeyError")
    assert (error["module"], error["type"]) == ("builtins", "RuntimeError")
    assert error.keys() == {"module", "type", "stacktrace"}
    frames = error["stacktrace"]["frames"]
    assert "create" in [frame["function"] for frame in frames]
    assert frames[-1]["module"] == "app.scheduler.compose_routes"
    assert all(frame.keys() == FRAME for frame in frames)
    assert all(frame["module"].startswith("app.") for frame in frames), "our own frames only"


@pytest.mark.proves("P5.5", "P1.3")
def test_the_ledger_holds_the_report_byte_for_byte(
    client: FlaskClient, sending: Capture, breaking: None
) -> None:
    write(client)
    [report] = sending.wait_for(1)
    [row] = ledger()
    assert row.payload.encode() == report.body
    assert (row.recipient, row.host, row.state) == ("sentry", "127.0.0.1", "sent")
    page = client.get("/settings/privacy/telemetry").text
    assert people.pseudonym(make.alice().id, clock.now()) in page


@pytest.mark.proves("P5.5")
def test_an_objection_stops_reports_that_concern_the_person_and_nobody_elses(
    app: Flask, client: FlaskClient, sending: Capture, breaking: None
) -> None:
    assert client.post("/settings/privacy/telemetry/objection").status_code == 303
    assert "You objected on" in client.get("/settings/privacy/telemetry").text
    write(client)
    assert sending.connections == 0
    assert ledger() == []
    other = app.test_client()
    make.sign_in(other, make.bob())
    write(other)
    sending.wait_for(1)
    assert client.post("/settings/privacy/telemetry/objection/withdrawal").status_code == 303
    write(client)
    sending.wait_for(2)
    assert len(ledger()) == 1


@pytest.mark.proves("P5.5")
@pytest.mark.parametrize("objects", [False, True])
def test_an_objection_also_stops_what_workers_would_report(
    app: Flask, db: object, sending: Capture, monkeypatch: pytest.MonkeyPatch, objects: bool
) -> None:
    """A job that was given the person's id, and the delivery of a post that the person wrote."""
    bob = make.bob()
    if objects:
        telemetry.object_to_reports(bob.id, clock.now())
    make.post(bob, make.channel(make.alice()), due_at=clock.now())

    class Job:
        func, func_name = staticmethod(jobs.send_verification), "app.account.jobs.send_verification"
        args, kwargs = (bob.id,), {}

    monkeypatch.setattr(Sandbox, "publish", broken)
    telemetry.report_job(Job(), None, RuntimeError("secret"), None)
    engine.run_shift()
    telemetry.reports.flush()
    assert len(sending.wait_for(0 if objects else 2)) == len(ledger(bob))


def test_the_pseudonym_changes_daily_and_is_nobodys_number(
    client: FlaskClient, sending: Capture, breaking: None, times: Times
) -> None:
    write(client)
    times.go(days=1)
    write(client)
    first, second = (event_of(one.body)["user"]["id"] for one in sending.wait_for(2))
    assert first != second
    assert re.fullmatch("[0-9a-f]{16}", first)


@pytest.mark.proves("P5.5")
def test_without_a_ledger_nothing_about_a_person_leaves(
    app: Flask,
    client: FlaskClient,
    sending: Capture,
    breaking: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("lost", {}, Exception("lost"))

    with monkeypatch.context() as patch:
        patch.setattr("app.telemetry.ledger.insert", away)
        assert write(client) == 500
    with monkeypatch.context() as patch:
        patch.setattr("app.telemetry.people.objected_at", away)
        assert write(client) == 500
    assert sending.connections == 0
    assert write(client) == 500
    sending.wait_for(1)


def test_a_lost_database_is_reported_of_nobody(
    anonymous: FlaskClient, sending: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("SELECT secret", {"email": "secret"}, Exception("secret"))

    monkeypatch.setattr("app.account.sign_in_routes._proven", away)
    sent = {"email": "alice@orchard.example", "password": "secret"}
    assert anonymous.post("/login", data=sent).status_code == 503
    [report] = sending.wait_for(1)
    event = event_of(report.body)
    assert "user" not in event
    assert event["tags"]["status"] == "503"
    assert event["exception"]["values"][-1]["type"] == "OperationalError"
    assert b"secret" not in report.body


def test_what_breaks_outside_of_any_route_is_reported_too(
    app: Flask, client: FlaskClient, sending: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session can't be stored: Flask hands that to the page for errors, not to ours."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("app.account.sessions._store", broken)
    answer = client.post("/logout")
    assert answer.status_code == 500
    [report] = sending.wait_for(1)
    assert event_of(report.body)["transaction"] == "account.logout"


def test_what_breaks_before_the_session_is_opened_is_reported_of_nobody(
    app: Flask, client: FlaskClient, sending: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    lost = OperationalError("SELECT secret", {}, Exception("secret"))

    def away(_: str) -> None:
        raise lost

    monkeypatch.setattr("app.account.sessions._find", away)
    answer = client.get("/calendar")
    assert answer.status_code == 503
    assert "can't be reached" in unescape(answer.text), "the page is whole, though nobody is known"
    [report] = sending.wait_for(1)
    assert "user" not in event_of(report.body)


@pytest.mark.proves("P5.5")
def test_only_an_event_passes_the_wall(app: Flask, sending: Capture) -> None:
    """Whatever is handed to the transport itself: attachments, logs, sessions, timings."""
    from sentry_sdk.envelope import Envelope, Item

    wall = app.extensions[gates.KEY].sentry.transport
    with app.app_context():
        for kind in ("transaction", "attachment", "session", "log", "client_report", "profile"):
            wall.capture_envelope(Envelope(items=[Item(b'{"secret": 1}', type=kind)]))
        envelope = Envelope({"trace": {"user_segment": "secret"}})
        envelope.add_event({"message": "secret", "secret": "secret"})  # type: ignore[typeddict-unknown-key]
        envelope.add_item(Item(b"secret", type="attachment", filename="secret.txt"))
        wall.capture_envelope(envelope)
    [report] = sending.wait_for(1)
    assert b"secret" not in report.everything
    event = event_of(report.body)
    assert (event["transaction"], event["tags"]) == (shape.UNKNOWN, {})
    assert event["exception"] == {"values": []}


@pytest.mark.proves("P5.5")
@pytest.mark.parametrize(
    "raw",
    [
        {"exception": "secret"},
        {"exception": {"values": "secret"}},
        {"exception": {"values": ["secret"]}},
        {"exception": {"values": [{"type": "secret", "module": "app.clock", "value": "secret"}]}},
        {"exception": {"values": [{"type": "now", "module": "app.clock"}]}},
        {"exception": {"values": [{"stacktrace": {"frames": ["secret"]}}]}},
        {"exception": {"values": [{"stacktrace": {"frames": [{"module": "secret"}]}}]}},
        {"transaction": "app.clock.secret"},
        {"transaction": ["secret"]},
        {"tags": [["kind", "secret"]]},
        {"user": {"id": "secret"}},
        {"event_id": "secret"},
        {"release": "secret", "environment": "secret", "level": "secret", "platform": "secret"},
    ],
)
def test_what_is_not_in_the_running_code_stays_behind(app: Flask, raw: dict[str, Any]) -> None:
    with app.app_context():
        built = shape.rebuild(raw)
    assert "secret" not in json.dumps(built)
    assert '"now"' not in json.dumps(built["exception"])
    assert "user" not in built


def test_frames_keep_line_and_function_and_hide_what_is_defined_inside(app: Flask) -> None:
    frame = {"module": "app.clock", "function": "now", "lineno": 10, "vars": {"a": "secret"}}
    inner = frame | {"function": "parse.<locals>.secret", "lineno": 12}
    odd = frame | {"function": "secret"}
    raw = {"exception": {"values": [{"stacktrace": {"frames": [frame, inner, odd]}}]}}
    with app.app_context():
        [built] = shape.rebuild(raw)["exception"]["values"]
    names = [(one["function"], one["lineno"]) for one in built["stacktrace"]["frames"]]
    assert names == [("now", 10), ("parse", 12), (shape.UNKNOWN, 10)]


def test_a_word_to_whoever_typed_a_command_is_no_fault(app: Flask, sending: Capture) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["worker", "nonsense"]).exit_code == 2
    assert runner.invoke(args=["user", "create"]).exit_code == 2
    assert sending.connections == 0


def test_a_command_still_breaks_as_it_would_have(
    app: Flask, sending: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.channels.models.reseal_all", broken)
    done = app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert isinstance(done.exception, RuntimeError)
    [report] = sending.wait_for(1)
    event = event_of(report.body)
    assert (event["transaction"], event["tags"]) == ("keys rotate", {"kind": "command"})


def test_a_slow_sentry_holds_no_page_up(
    client: FlaskClient, sending: Capture, breaking: None
) -> None:
    go = threading.Event()
    sending.before_answer = lambda: go.wait(5) and None
    began = clock.stopwatch()
    assert write(client) == 500
    assert clock.stopwatch() - began < 2
    go.set()
    sending.wait_for(1)


@pytest.mark.proves("P5.5")
def test_reports_are_shown_for_thirty_days(
    client: FlaskClient, sending: Capture, breaking: None, times: Times
) -> None:
    write(client)
    sending.wait_for(1)
    times.go(days=13)
    assert 'class="payload"' in client.get("/settings/privacy/telemetry").text
    database.session.execute(
        database.update(TelemetryRecord).values(made_at=times.now - timedelta(days=30, seconds=1))
    )
    database.session.commit()
    assert 'class="payload"' not in client.get("/settings/privacy/telemetry").text


def test_a_report_of_a_job_that_nobody_knows_any_more(app: Flask, sending: Capture) -> None:
    class Gone:
        func_name = "app.account.jobs.secret"
        args, kwargs = (1,), {}

        @property
        def func(self) -> None:
            raise AttributeError("secret")

    with app.app_context():
        assert telemetry.report_job(Gone(), None, AttributeError("secret"), None) is True
    [report] = sending.wait_for(1)
    assert b"secret" not in report.body
    assert event_of(report.body)["transaction"] == shape.UNKNOWN
