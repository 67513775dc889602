"""Where nothing is configured nothing leaves, and only one package could send anything."""

import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from app import clock, config, telemetry
from app.publishing import carrying, engine
from app.scheduler import composing
from app.telemetry import gates
from tests import make
from tests.servers.capture import Capture
from tests.telemetry.conftest import allow, ledger, send
from tests.test_house import ROOT, sources

REDIS = ("127.0.0.1", 1)
BASIS = {
    "secret_key": secrets.token_urlsafe(48),
    "trusted_proxies": 1,
    "encryption_keys": Fernet.generate_key().decode(),
    "base_url": "https://allstac.example",
    "app_env": "production",
}


def use(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that would be told or reported, once."""
    alice = make.alice()
    allow(client)
    assert client.post("/channels/connect/sandbox").status_code == 303
    channel = make.channel(alice, name="own")
    sent = {"text": "Hi", "when": "now", "channels": [channel.id]}
    assert client.post("/posts/new", data=sent).status_code == 303
    with monkeypatch.context() as patch:
        patch.setattr(composing, "write", lambda *_: 1 / 0)
        assert client.post("/posts/new", data=sent).status_code == 500
        patch.setattr("app.channels.models.reseal_all", lambda: 1 / 0)
        app.test_cli_runner().invoke(args=["keys", "rotate"])
        patch.setattr(carrying.Carrier, "_grant", lambda *_: 1 / 0)
        make.post(alice, channel, due_at=clock.now())
        engine.run_shift()
    send()


@pytest.mark.proves("P5.5", "P5.6")
def test_an_instance_that_configures_nothing_reaches_nobody(
    app: Flask,
    client: FlaskClient,
    capture: Capture,
    guarded: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though the consent is given and the libraries' own variables are set."""
    monkeypatch.setenv("SENTRY_DSN", capture.dsn)
    monkeypatch.setenv("SENTRY_SPOTLIGHT", capture.url)
    monkeypatch.setenv("POSTHOG_HOST", capture.url)
    monkeypatch.setenv("POSTHOG_API_KEY", "phc_x")
    use(client, app, monkeypatch)
    assert [address for address in guarded if address != REDIS] == []
    assert capture.connections == 0
    assert ledger() == []
    assert app.extensions[gates.KEY].sentry is None, "no client, hence no thread"


def test_the_guard_sees_what_is_sent(
    app: Flask,
    client: FlaskClient,
    sending: Capture,
    guarded: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same use with both configured: the guard and the server can tell."""
    use(client, app, monkeypatch)
    telemetry.reports.flush()
    assert len(sending.envelopes) == 4, "a page, a command, two deliveries"
    assert len(sending.batches) == 1
    assert ("127.0.0.1", sending.port) in guarded


@pytest.mark.proves("P5.5")
def test_the_libraries_own_variables_send_no_copies(
    app: Flask,
    client: FlaskClient,
    capture: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SENTRY_SPOTLIGHT", "1")
    changed = app.config["SETTINGS"].model_copy(update={"sentry_dsn": capture.dsn})
    from app.telemetry import to_sentry

    made = to_sentry.open_client(changed)
    assert made.spotlight is None
    assert made.integrations == {}
    assert made.monitor is None
    made.close()


@pytest.mark.proves("P5.6")
def test_no_page_carries_anybodys_analytics() -> None:
    pages = list((ROOT / "app/templates").rglob("*.html")) + list(
        (ROOT / "app/static/js").rglob("*.js")
    )
    assert len(pages) > 20
    assert [
        p.name for p in pages if re.search(r"posthog\.|sentry\.|i\.posthog", p.read_text())
    ] == []


def test_one_module_each_imports_the_libraries() -> None:
    found = {
        name: [
            str(path.relative_to(ROOT))
            for path, text in sources()
            if re.search(rf"^\s*(from|import) {name}\b", text, re.M)
        ]
        for name in ("sentry_sdk", "posthog")
    }
    assert found == {
        "sentry_sdk": ["app/telemetry/gates.py", "app/telemetry/to_sentry.py"],  # first: types only
        "posthog": ["app/telemetry/to_posthog.py"],
    }


@pytest.mark.proves("P5.5", "P5.6")
def test_an_instance_without_them_never_loads_the_libraries(tmp_path: Path) -> None:
    script = (
        "import sys; from app import create_app; create_app(app_env='test',"
        f" secret_key='x' * 40, encryption_keys={BASIS['encryption_keys']!r},"
        f" database_url='sqlite:///{tmp_path}/x.db');"
        "print([name for name in ('sentry_sdk', 'posthog') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sentry_dsn": "nonsense"}, "SENTRY_DSN"),
        ({"sentry_dsn": "https://sentry.example/1"}, "https://key@host/1"),
        ({"sentry_dsn": "https://key@sentry.example/x"}, "https://key@host/1"),
        ({"sentry_dsn": "http://key@sentry.example/1"}, "SENTRY_DSN must begin with https://"),
        ({"posthog_api_key": "phc_x"}, "POSTHOG_HOST must be set"),
        ({"posthog_api_key": "phc_x", "posthog_host": "eu.i.posthog.com"}, "POSTHOG_HOST"),
        ({"posthog_api_key": "phc_x", "posthog_host": "http://ph.example"}, "POSTHOG_HOST must"),
        ({"release": "a b"}, "RELEASE"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(given: dict[str, str], words: str) -> None:
    with pytest.raises(config.BadSettings, match=re.escape(words)):
        config.load(**BASIS, **given)


def test_right_settings_are_taken() -> None:
    made = config.load(
        **BASIS,
        sentry_dsn="http://key@127.0.0.1:3000/1",  # a relay on the same machine
        posthog_api_key="phc_x",
        posthog_host="https://eu.i.posthog.com",
        release="v1.2.3+abc",
    )
    assert made.posthog_host == "https://eu.i.posthog.com"
