"""The application under test, on SQLite and on Postgres, with people to act as."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import hypothesis
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from xdist.scheduler import LoadScopeScheduling

from app import create_app
from app.db import db as database
from app.scope import across_organizations
from tests import cookies, make, rows
from tests.guards import unguarded
from tests.processes import Runner, isolate_jobs
from tests.servers.postgres import create_tables, hasten
from tests.tenants.watching import Watch

pytest_plugins = [
    "tests.lengths",
    "tests.proofs",
    "tests.hashes",
    "tests.times",
    "tests.two_people",
    "tests.mailing",
    "tests.servers.fixtures",
]
KEY = Fernet.generate_key().decode()
isolate_jobs()
# How fast a busy machine makes examples says nothing about the code.
TOO_SLOW = hypothesis.HealthCheck.too_slow
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[TOO_SLOW])
hypothesis.settings.load_profile("busy")


class Client(FlaskClient):
    """Each request has a context of its own, as in real life, though a test holds one open, and
    each answer is read to its end. Every cookie that any test is given is looked at."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        database.session.rollback()
        kwargs.setdefault("buffered", True)
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        is_https = self.application.config["SETTINGS"].is_https
        for answer in (*response.history, response):
            cookies.check(answer.headers.getlist("Set-Cookie"), is_https=is_https)
        return response


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each process changes its database once, but for what takes long (tests/lengths.py)."""
    items[:] = [item for item in items if database_of(item.nodeid) in wanted(item)]
    items.sort(key=lambda item: database_of(item.nodeid))


BOTH = ("sqlite", "postgres")
# Where the database itself is the subject: what it locks, refuses, claims and keeps apart.
OF_DATABASES = (
    *("tests/audit/test_h", "tests/audit/test_l", "tests/audit/test_t", "tests/mutants/"),
    *("tests/publishing/test_engine", "tests/publishing/test_gaps", "tests/publishing/test_keys"),
    *("tests/publishing/test_brakes", "tests/publishing/test_two_organizations"),
    *("tests/publishing/test_welcome", "tests/tenants/"),
    *("tests/account/test_races", "tests/privacy/test_holds", "tests/privacy/test_marks"),
    *("tests/privacy/test_round_trip", "tests/test_"),
)


def wanted(item: pytest.Item) -> tuple[str, ...]:
    """The databases that a test runs on: those that its module names; both where the database is the
    subject, and with ALL_DATABASES set; else one of the two that follows from the test's name, so
    that every part of the house meets both."""
    named = getattr(getattr(item, "module", None), "DATABASES", None)
    if named or item.nodeid.startswith(OF_DATABASES) or os.environ.get("ALL_DATABASES"):
        return ("", *(named or BOTH))
    return ("", BOTH[crc32(re.sub("sqlite|postgres", "", item.nodeid).encode()) % 2])


TOGETHER = "tests/browser/whole/"


class Scheduling(LoadScopeScheduling):
    """The tests of a file on one database stay in one process, since they share servers; so do the
    files of one folder."""

    def _split_scope(self, nodeid: str) -> str:
        place = TOGETHER if nodeid.startswith(TOGETHER) else nodeid.split("::")[0]
        return f"{place} {database_of(nodeid)}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


def database_of(nodeid: str) -> str:
    return next((name for name in ("sqlite", "postgres") if name in nodeid.split("[")[-1]), "")


def settings(folder: Path, url: str) -> dict[str, object]:
    return {
        "app_env": "test",
        "secret_key": "only-for-tests-" + "x" * 32,
        "encryption_keys": KEY,
        "base_url": "http://localhost",
        "database_url": url,
        "redis_url": "redis://127.0.0.1:1/0",
        "storage_url": f"file://{folder}/media",
        "evidence_file": f"{folder}/evidence.json",
        "allow_private_hosts": True,
        "publish_settle_seconds": 0,
        "pages_per_minute": 0,
        "pages_per_minute_anonymous": 0,
    }


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("app")
    url = (
        f"sqlite:///{folder}/test.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    made = create_app(**settings(folder, url))
    made.config["WTF_CSRF_ENABLED"] = False
    made.test_client_class = Client
    made.test_cli_runner_class = Runner
    made.jinja_env.bytecode_cache = FileSystemBytecodeCache(_compiled())
    create_tables(url)
    with made.app_context():
        made.extensions["watch"] = Watch(database.metadata)
        made.extensions["watch"].stand_at(database.engine, database.Model)
        if request.param == "sqlite":
            event.listen(database.engine, "connect", hasten)
    yield made
    with made.app_context():
        database.session.remove()
        database.engine.dispose()


def _compiled() -> str:
    """Where all processes of tests, and the next run, find templates that one has compiled."""
    folder = Path(tempfile.gettempdir(), f"allstac-templates-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)


@pytest.fixture
def db(app: Flask) -> Iterator[object]:
    """An empty database in an application context; rows are deleted after each test."""
    with app.app_context(), across_organizations("a test looks at everything"):
        yield database
        database.session.rollback()
        astray, app.extensions["watch"].faults = app.extensions["watch"].faults, []
        with database.engine.begin() as connection, unguarded(connection):
            rows.empty(connection)
        database.session.remove()
    assert not astray, "\n".join(astray)


@pytest.fixture
def anonymous(app: Flask, db: object) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def client(anonymous: FlaskClient) -> FlaskClient:
    """Alice, the owner of Orchard, signed in."""
    make.sign_in(anonymous, make.alice())
    return anonymous
