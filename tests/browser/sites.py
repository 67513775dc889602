"""The application in this very process, served to a real browser: nothing to start and wait for, and
passwords hash for next to nothing. As processes of its own it is walked through in whole/."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import event
from werkzeug.serving import WSGIRequestHandler, make_server

from app import clock, create_app, demo
from app.account.models import Membership, User
from app.db import db
from app.scope import across_organizations
from dev import valkey
from tests.conftest import settings
from tests.doors.actors import begin_session
from tests.servers.ports import free_port
from tests.servers.postgres import create_tables, hasten


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, as gunicorn's do

    def log_request(self, *_: Any) -> None:
        """Thousands of lines that nobody reads."""


@dataclass
class Site:
    """An application, where it answers, and its files."""

    app: Flask
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self._database}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """For a test that makes or looks at what no page does."""
        with self.app.app_context(), across_organizations("a test looks at everything"):
            yield
            db.session.remove()

    def cookie_of(self, email: str) -> str:
        """Of a session of this person that began just now."""
        now = clock.now()
        with self.inside():
            user = User.by_email(email)
            assert user, email
            found = db.select(Membership.organization_id).where(Membership.user_id == user.id)
            values: dict[str, object] = {"organization_id": db.session.scalar(found)}
            values["signed_in_at"] = (now + timedelta(hours=1)).isoformat()
            cookie = begin_session(user.id, values, now)[1]
            db.session.commit()
        return cookie

    def keep(self) -> None:
        """What is in the database now is what `restore` brings back."""
        _copy(self._database, self.folder / "kept.db")

    def restore(self) -> None:
        _copy(self.folder / "kept.db", self._database)

    @property
    def _database(self) -> Path:
        return self.folder / "site.db"


def _copy(source: Path, target: Path) -> None:
    """By the database itself, so that whoever has the target open sees a whole change."""
    with (
        closing(sqlite3.connect(source)) as one,
        closing(sqlite3.connect(target, timeout=30)) as two,
    ):
        one.backup(two)


@contextmanager
def site(folder: Path, *, seed: bool = False, **overrides: object) -> Iterator[Site]:
    """Web alone, on SQLite, with a queue that nobody works off. `seed` plants the demo first."""
    queue = valkey.start(folder / "queue")
    port, url = free_port(), f"sqlite:///{folder}/site.db"
    here = {"base_url": f"http://localhost:{port}", "redis_url": queue.url}
    made = Site(create_app(**settings(folder, url) | here | overrides), port, folder)
    create_tables(url)
    with made.inside():
        event.listen(db.engine, "connect", hasten)
        if seed:
            demo.plant(clock.now())
            db.session.commit()
    with served(made.app, port):
        yield made
    with made.app.app_context():
        db.engine.dispose()
    queue.stop()


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[int]:
    """By threads of this process; on which port."""
    server = make_server("localhost", port, app, threaded=True, request_handler=_Silent)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.port
    server.shutdown()
    server.server_close()
