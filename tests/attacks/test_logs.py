"""What people type, and what others send to us, stands in no line of the log; no line is forged."""

import io
import json
import logging
import secrets
import socket
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue
from rq.job import Job
from sqlalchemy import text

from app import logs, queue
from app.account import jobs
from app.account.models import User
from app.db import db as database
from app.scope import across_organizations
from tests import make
from tests.servers.app_processes import running
from tests.servers.smtp import Sink

Capture = pytest.CaptureFixture[str]
FORGED = '\n{"event": "forged", "level": "error"}\r\n'


class Canaries:
    """Unique words; each one comes with a line end and a forged line behind it."""

    def __init__(self) -> None:
        self.number = count(1)
        self.sent: list[str] = []

    def __call__(self, *, plain: bool = False) -> str:
        made = f"canary{next(self.number)}zq"
        self.sent.append(made)
        return made if plain else made + FORGED


@pytest.fixture
def production_logs() -> Iterator[None]:
    """Logs as production writes them; afterwards everything is as it was."""
    before = structlog.get_config()
    loggers = [logging.getLogger(name) for name in ("", *logs.LIBRARIES)]
    kept = [(one, one.handlers, one.propagate) for one in loggers]
    logs.set_up(as_json=True)
    yield
    structlog.configure(**before)
    for one, handlers, propagate in kept:
        one.handlers, one.propagate = handlers, propagate


def read(output: str) -> list[dict[str, Any]]:
    """Every line is one JSON object of ours."""
    lines = [json.loads(line) for line in output.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    assert "forged" not in {line["event"] for line in lines}
    return lines


def told(canaries: Canaries, output: str) -> list[str]:
    return [canary for canary in canaries.sent if canary in output]


HEADERS = (
    "User-Agent", "Referer", "X-Forwarded-For", "HX-Target", "Accept-Language", "X-Request-Id", "Origin",
)  # fmt: skip
FORMS = {
    "/login": ("email", "password", "next", "typed"),
    "/signup": ("name", "email", "organization", "password"),
    "/account": ("name", "timezone"),
    "/channels/connect/bluesky": ("handle", "app_password", "host"),
    "/organization/invitations": ("email", "role"),
    "/support": ("topic", "text"),
    "/posts/new": ("text", "alt", "nonce", "due_at", "version"),
}
TOKENS = (
    "/password/reset/",
    "/invitations/",
    "/verify/",
    "/posts/",
    "/docs/policies/",
    "/sandbox/",
)


def send_everything(client: FlaskClient, canary: Canaries) -> None:
    """Through fields, addresses, headers, cookies, names of files and JSON."""
    headers = {name: canary(plain=True) for name in HEADERS}
    query = f"?{canary(plain=True)}={canary(plain=True)}"
    for path in TOKENS:
        client.get(path + canary(plain=True) + query, headers=headers)
    for path, names in FORMS.items():
        client.post(path, data={name: canary() for name in names})
    client.post("/password/forgot", data={"email": f"{canary(plain=True)}@example.com"})
    picture = (io.BytesIO(canary().encode()), f"{canary(plain=True)}.png")
    client.post("/posts/new", data={"text": canary(), "media": picture})
    bearer = {"Authorization": f"Bearer {canary(plain=True)}"}
    client.post("/sandbox/api/walls/x/media", json={canary(): canary()}, headers=bearer)
    client.set_cookie("allstac", canary(plain=True))
    client.get("/calendar")


def test_forty_canaries_stand_in_no_line(
    client: FlaskClient, production_logs: None, capsys: Capture
) -> None:
    canaries = Canaries()
    send_everything(client, canaries)
    output = capsys.readouterr()
    assert len(canaries.sent) >= 40
    print(f"{len(canaries.sent)} canaries in {len(read(output.out))} lines: none told")
    assert told(canaries, output.out + output.err) == []


def raisers(canary: Canaries) -> list[Any]:
    """Breakages whose words hold what was typed, as a library, a database or we would raise them."""

    def plain(*_: object, **__: object) -> None:
        raise RuntimeError(canary())

    def chained(*_: object, **__: object) -> None:
        try:
            int(canary())
        except ValueError as trouble:
            raise KeyError(canary()) from trouble

    def of_database(*_: object, **__: object) -> None:
        broken = text("SELECT CAST(:x AS INTEGER) / 0, nothing FROM nowhere")
        database.session.execute(broken, {"x": canary()})

    def unique(*_: object, **__: object) -> None:
        alice = make.alice()
        alice.name = canary()
        database.session.add(User(email=alice.email, name=canary(), created_at=alice.created_at))
        database.session.flush()

    return [plain, chained, of_database, unique]


@pytest.mark.parametrize("n", range(4))
def test_a_bug_is_told_by_kind_and_place_only(
    client: FlaskClient,
    production_logs: None,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    n: int,
) -> None:
    canaries = Canaries()
    monkeypatch.setattr("app.scheduler.composing.write", raisers(canaries)[n])
    sent = {"text": canaries(), "when": "now", "channels": make.channel(make.alice()).id}
    assert client.post("/posts/new", data=sent).status_code >= 400
    output = capsys.readouterr()
    assert told(canaries, output.out + output.err) == []
    for failed in [line for line in read(output.out) if line["event"] == "request.failed"]:
        assert failed["kind"] == failed["places"][-1]
        assert any("app/scheduler/compose_routes.py" in place for place in failed["places"])


def test_what_libraries_say_is_told_without_values(production_logs: None, capsys: Capture) -> None:
    canaries = Canaries()
    gunicorn, other = logging.getLogger("gunicorn.error"), logging.getLogger("some.library")
    gunicorn.warning(f"Invalid request from ip=203.0.113.9: {canaries()}")
    gunicorn.error("Worker (pid:%s) was sent %s!", 77, "SIGKILL")
    try:
        raise ValueError(canaries())
    except ValueError as trouble:
        other.exception("It broke on %s", canaries())
        other.error(trouble)
    output = capsys.readouterr()
    assert told(canaries, output.out + output.err) == []
    assert "203.0.113.9" not in output.out
    lines = read(output.out)
    words = [line["words"] for line in lines]
    assert words[0] == "Invalid request from ip"
    assert words[1:3] == ["Worker (pid:%s) was sent %s!", "It broke on %s"]
    assert lines[1]["numbers"] == [77]
    assert lines[2]["places"][-1] == "ValueError"


def whisper(port: int, canary: Canaries) -> None:
    """What no browser sends: broken lines, heads and lengths, each with a canary."""
    word = canary(plain=True)
    for raw in (
        f"GET /{word} HTTP/9.9\r\n\r\n",
        f"{word} / HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\n{word} : x\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {word}\r\nX: \x00{word}\r\n\r\n",
        f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {word}\r\n\r\n",
        f"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: {word}\r\n\r\n",
        f"GET /{'a' * 9000}{word} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"{word}\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            wire.sendall(raw.encode("latin-1"))
            wire.settimeout(10)
            assert wire.recv(100).startswith((b"HTTP/1.1 4", b"HTTP/1.1 5", b"HTTP/1.0 4", b""))


def test_the_running_processes_tell_nothing_either(tmp_path: Path, smtp: Sink) -> None:
    """Gunicorn with broken requests, and a worker whose mail is refused: neither its log nor the
    queue, where the failed job waits, names the address."""
    canaries = Canaries()
    env = {
        "APP_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "TRUSTED_PROXIES": "0",
        "BASE_URL": "https://localhost",
        "ALLOW_PRIVATE_HOSTS": "",
        "SMTP_URL": smtp.url,
    }
    with running(tmp_path, "web", "worker", env=env) as made:
        whisper(made.port, canaries)
        app = made.application()
        with app.app_context(), across_organizations("one of the person's own is made"):
            user = make.alice()
            user.email = f"{canaries(plain=True)}@bounce.test"
            user.name = canaries(plain=True)
            database.session.commit()
            queue.enqueue(jobs.send_verification, user.id, on="default")
            database.engine.dispose()
        kept = wait_for_failure(made.env["REDIS_URL"])
        output = made.log("web") + made.log("worker")
    assert told(canaries, output + kept) == []
    lines = read(output)
    assert any(line["event"] == "job.failed" for line in lines)
    assert any(line.get("library") == "gunicorn.error" for line in lines)


def wait_for_failure(url: str) -> str:
    """What the queue keeps of a job, once one has failed."""
    failed = Queue("default", connection=Redis.from_url(url), serializer="json").failed_job_registry
    for _ in range(150):
        for id in failed.get_job_ids():
            job = Job.fetch(id, connection=failed.connection, serializer="json")
            result = job.latest_result()
            assert result and result.exc_string
            return f"{job.to_dict()} {job.args} {result.exc_string}"
        time.sleep(0.1)
    raise AssertionError("no job failed")
