"""flask doctor names what is wrong and what mends it, and is quiet when nothing is."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from flask import Flask

from app import clock, create_app, doctor, schema
from app.db import db as database
from app.publishing import sweeping
from app.scope import across_organizations
from dev import valkey
from tests import make
from tests.servers import postgres
from tests.servers.smtp import Sink

KEY = Fernet.generate_key().decode()
OPERATOR = {
    "operator_name": "Orchard",
    "operator_address": "Lane 1",
    "operator_email": "privacy@orchard.example",
    "operator_country": "DE",
    "instance_id": "orchard",
}


def application(folder: Path, **changes: object) -> Flask:
    given: dict[str, object] = {
        "app_env": "production",
        "secret_key": secrets.token_urlsafe(48),
        "trusted_proxies": 1,
        "encryption_keys": KEY,
        "base_url": "https://allstac.example",
        "database_url": f"sqlite:///{folder}/app.db",
        "redis_url": "redis://127.0.0.1:1/0",
        "storage_url": f"file://{folder}/media",
        "smtp_url": "smtp://127.0.0.1:1",
    }
    return create_app(**(given | OPERATOR | changes))


def faults(app: Flask) -> dict[str, str]:
    with app.app_context():
        found = {one.part: one.mend for one in doctor.examine(clock.now()) if not one.is_well}
        database.session.remove()
        database.engine.dispose()
    return found


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = valkey.start(tmp_path / "queue")
    yield server.url
    server.stop()


def test_a_fresh_instance_is_told_what_it_lacks(tmp_path: Path) -> None:
    found = faults(application(tmp_path))
    assert found == {
        "database": "Run flask db upgrade.",
        "queue": "Start it, or correct REDIS_URL. Until then the clock publishes by itself.",
        "mail": "Correct SMTP_URL: host, port, user and password.",
    }


def test_a_whole_instance_has_only_nobody_at_work(
    tmp_path: Path, redis_url: str, smtp: Sink
) -> None:
    smtp.messages.clear()
    app = application(tmp_path, redis_url=redis_url, smtp_url=smtp.url, instance_id="here")
    with app.app_context(), across_organizations("a test looks at everything"):
        postgres.create_tables(app.config["SQLALCHEMY_DATABASE_URI"], stamped=True)
        make.channel(make.alice())
        sweeping.beat("clock", clock.now())
        database.session.commit()
        runner = app.test_cli_runner().invoke(args=["doctor"])
    assert runner.exit_code == 1
    head = ScriptDirectory(str(schema.MIGRATIONS)).get_current_head()
    assert f"ok    database   sqlite, schema {head}" in runner.output
    assert "ok    keys       1 channels open" in runner.output
    assert "FAULT queue      publish: nobody works." in runner.output
    assert "Mend: Start flask worker publish." in runner.output
    assert faults(app) == {"queue": "Start flask worker default."}
    assert list((tmp_path / "media/doctor").iterdir()) == [], "the probe is gone"
    assert smtp.messages == []


def test_lost_keys_a_silent_clock_and_a_full_folder_are_found(
    tmp_path: Path, redis_url: str
) -> None:
    app = application(tmp_path, redis_url=redis_url)
    with app.app_context(), across_organizations("a test looks at everything"):
        postgres.create_tables(app.config["SQLALCHEMY_DATABASE_URI"], stamped=True)
        make.channel(make.alice())
        database.engine.dispose()
    (tmp_path / "file").write_text("not a folder")
    lost = {
        "encryption_keys": Fernet.generate_key().decode(),
        "storage_url": f"file://{tmp_path}/file",
        "smtp_url": "console:",
        "operator_email": None,
        "pages_per_minute": 0,
    }
    other = application(tmp_path, redis_url=redis_url, **lost)
    with other.app_context():
        other.extensions["redis"].config_set("maxmemory-policy", "allkeys-lru")
        mends = [one.mend for one in doctor.examine(clock.now()) if not one.is_well]
        database.session.remove()
        database.engine.dispose()
    words = " ".join(mends)
    for part in (
        "Set OPERATOR_EMAIL",
        "Set PAGES_PER_MINUTE, or leave it empty.",
        "Set SMTP_URL",
        "back into ENCRYPTION_KEYS",
        "Start flask clock",
        "maxmemory-policy to noeviction",
        "Make STORAGE_URL a folder",
    ):
        assert part in words


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"
    found = faults(application(tmp_path, database_url=away))
    assert found["database"] == "Start it, or correct DATABASE_URL."
