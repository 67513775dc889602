"""What stops an instance from serving, each with the setting's name and its mend."""

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import stamp, upgrade

from app import boot, create_app, schema
from app.config import BadSettings
from app.db import db as database
from app.weak_keys import why_weak, why_weak_key
from dev import valkey
from dev.run import ROOT, commands
from tests.servers import postgres
from tests.servers.ports import free_port

KEY = Fernet.generate_key().decode()


def settings(folder: Path, **changes: object) -> dict[str, object]:
    good: dict[str, object] = {
        "app_env": "production",
        "secret_key": secrets.token_urlsafe(48),
        "encryption_keys": KEY,
        "base_url": "https://allstac.example",
        "database_url": f"sqlite:///{folder}/app.db",
        "redis_url": "redis://127.0.0.1:1/0",
        "storage_url": f"file://{folder}/media",
        "trusted_proxies": 1,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def refused(folder: Path, **changes: object) -> str:
    with pytest.raises(BadSettings) as stopped:
        create_app(**settings(folder, **changes))
    return str(stopped.value)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing from the environment of the test run."""
    for name in ("FLASK_DEBUG", "SECRET_KEY", "ENCRYPTION_KEYS", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(**settings(tmp_path))
    yield app
    with app.app_context():
        database.session.remove()
        database.engine.dispose()


def test_what_is_sold_has_to_be_heard_of_and_another_stripe_is_for_tests(tmp_path: Path) -> None:
    sold = refused(tmp_path, stripe_secret_key="sk_live_x", stripe_webhook_secret="")
    assert "STRIPE_WEBHOOK_SECRET must be set" in sold
    assert "STRIPE_API_BASE is for tests" in refused(tmp_path, stripe_api_base="http://127.0.0.1:1")


def test_a_whole_production_starts(good: Flask) -> None:
    boot.check_application(good)
    assert not good.debug


def test_without_a_key_there_is_no_start(tmp_path: Path) -> None:
    words = refused(tmp_path, secret_key=None, encryption_keys=None)
    assert "SECRET_KEY: Field required (signs CSRF tokens; 32 characters or more)" in words
    assert "ENCRYPTION_KEYS: Field required" in words


def test_debugging_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert "FLASK_DEBUG: it shows the inside to everybody; remove it." in refused(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"), [("LOGIN_DISABLED", True), ("WTF_CSRF_ENABLED", False), ("TESTING", True)]
)
def test_a_door_left_open_is_refused(good: Flask, name: str, value: bool) -> None:
    good.config[name] = value
    with pytest.raises(BadSettings, match=f"{name}: .*; remove it"):
        boot.check_application(good)


@pytest.mark.parametrize(
    "key", ["x" * 40, "0123456789abcdef0123456789abcdef", "changeme" * 5, "a1b2c3d4" * 6,
            "your-secret-key-goes-here-please-12345", "only-for-tests-0c437b8b4b3ac0d80c437b8b4b3ac0d8",
            "aaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbb", "password-password-password-password"],
)  # fmt: skip
def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path, key: str) -> None:
    words = refused(tmp_path, secret_key=key)
    assert "SECRET_KEY " in words
    assert "secrets.token_urlsafe(48)" in words
    assert key not in words, "not even a bad key is printed"


@pytest.mark.parametrize(
    "key", ["YWxsc3RhYy1vbmx5LWZvci10ZXN0cy0wMTIzNDU2Nzg=", "A" * 43 + "=", "AQIDBAUGBwgB" * 3 + "AQIDBAU="],
)  # fmt: skip
def test_a_sealing_key_from_an_example_is_refused(tmp_path: Path, key: str) -> None:
    words = refused(tmp_path, encryption_keys=f"{KEY},{key}")
    assert "ENCRYPTION_KEYS, number 2, " in words
    assert "docs/runbooks/keys.md" in words
    assert key not in words


def test_keys_that_a_machine_made_always_pass() -> None:
    made = [secrets.token_hex(16) for _ in range(2000)]
    made += [secrets.token_urlsafe(32) for _ in range(2000)]
    assert [key for key in made if why_weak(key)] == []
    assert [
        k for k in (Fernet.generate_key().decode() for _ in range(2000)) if why_weak_key(k)
    ] == []


def test_http_is_refused(tmp_path: Path) -> None:
    words = refused(tmp_path, base_url="http://allstac.example")
    assert "BASE_URL must begin with https:// in production" in words


def test_the_number_of_proxies_must_be_said(tmp_path: Path) -> None:
    words = refused(tmp_path, trusted_proxies=None)
    assert "TRUSTED_PROXIES is not set; say how many proxies of yours stand in front" in words
    with create_app(**settings(tmp_path, trusted_proxies=0)).app_context():
        database.engine.dispose()
    assert "TRUSTED_PROXIES" in refused(tmp_path, trusted_proxies=99)


def test_reaching_this_machine_is_refused(tmp_path: Path) -> None:
    assert "ALLOW_PRIVATE_HOSTS must not be set" in refused(tmp_path, allow_private_hosts=True)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    words = refused(tmp_path, base_url="http://x", secret_key="x" * 40, trusted_proxies=None)
    assert [part in words for part in ("BASE_URL", "SECRET_KEY", "TRUSTED_PROXIES")] == [True] * 3


def migrate(app: Flask, revision: str = "head") -> None:
    with app.app_context():
        upgrade(str(schema.MIGRATIONS), revision=revision)
        database.engine.dispose()


def test_an_old_schema_is_refused_with_what_to_run(good: Flask) -> None:
    with pytest.raises(BadSettings, match=r"at None, .* run flask --app wsgi db upgrade"):
        boot.check_services(good)
    migrate(good, "0002")
    with pytest.raises(BadSettings, match="its schema is at 0002"):
        boot.check_services(good)
    with good.app_context():
        stamp(str(schema.MIGRATIONS), revision="head")
        database.engine.dispose()
    boot.check_services(good)


def test_a_newer_schema_serves_old_code_while_a_release_goes_out(
    good: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres.create_tables(good.config["SQLALCHEMY_DATABASE_URI"], stamped=True)
    with good.app_context():
        with database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        database.engine.dispose()
    boot.check_services(good)
    assert "schema.newer" in capsys.readouterr().out


def test_a_database_that_is_away_is_refused(tmp_path: Path) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"
    app = create_app(**settings(tmp_path, database_url=away))
    with pytest.raises(BadSettings, match="DATABASE_URL: the database can't be reached"):
        boot.check_services(app)


def test_a_queue_that_forgets_is_refused_and_one_that_is_away_is_told(
    tmp_path: Path, good: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres.create_tables(good.config["SQLALCHEMY_DATABASE_URI"], stamped=True)
    boot.check_services(good)
    assert "queue.unreachable" in capsys.readouterr().out
    server = valkey.start(tmp_path / "queue")
    try:
        app = create_app(**settings(tmp_path, redis_url=server.url))
        boot.check_services(app)
        app.extensions["redis"].config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(BadSettings, match="REDIS_URL: its maxmemory-policy is allkeys-lru"):
            boot.check_services(app)
    finally:
        server.stop()


def serve(folder: Path, port: int) -> subprocess.Popen[str]:
    given = {name.upper(): str(value) for name, value in settings(folder).items()}
    return subprocess.Popen(
        commands(port)["web"],
        env=os.environ | given,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_web_really_does_not_start_on_an_old_schema(tmp_path: Path, good: Flask) -> None:
    """Commands do: they have to, to mend it."""
    port = free_port()
    first = serve(tmp_path, port)
    words = first.communicate(timeout=60)[0]
    assert first.returncode != 0
    assert "run flask --app wsgi db upgrade" in words
    assert "Traceback" not in words
    given = {name.upper(): str(value) for name, value in settings(tmp_path).items()}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    subprocess.run(command, env=os.environ | given, cwd=ROOT, check=True, capture_output=True)
    second = serve(tmp_path, port)
    watch = threading.Timer(60, second.kill)
    watch.start()
    try:
        for _ in range(300):
            try:
                with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                threading.Event().wait(0.1)
        else:
            pytest.fail("it did not come up")
    finally:
        watch.cancel()
        second.terminate()
        second.communicate(timeout=30)


def test_stamping_nothing_is_behind(good: Flask) -> None:
    with good.app_context():
        stamp(str(schema.MIGRATIONS), revision="base")
        assert schema.look().is_behind
        database.engine.dispose()
