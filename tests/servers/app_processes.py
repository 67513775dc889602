"""AllStac as it runs for real: web, publisher, worker and clock as processes of their own."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flask import Flask

from app import create_app
from dev import guard, valkey
from dev.run import ROOT, commands
from tests.servers import overheard, postgres
from tests.servers.ports import free_port, is_free


class Seeded(NamedTuple):
    """The demo as it was planted first: its rows know the port."""

    port: int
    database: bytes
    files: Path


planted: list[Seeded] = []  # the first demo of this process


class Running:
    """The processes; each can be killed and started by name."""

    def __init__(self, folder: Path, env: dict[str, str], port: int = 0) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.guard = guard.start()
        self.queue = None if "REDIS_URL" in env else valkey.start(folder / "queue")
        self.env = {
            **os.environ,
            "APP_ENV": "development",
            "FLASK_APP": "wsgi",
            "SECRET_KEY": "only-for-tests-" + "x" * 32,
            "ENCRYPTION_KEYS": "YWxsc3RhYy1vbmx5LWZvci10ZXN0cy0wMTIzNDU2Nzg=",
            "BASE_URL": self.url,
            "DATABASE_URL": f"sqlite:///{folder}/app.db",
            "STORAGE_URL": f"file://{folder}/media",
            "SMTP_URL": "console:",
            "ALLOW_PRIVATE_HOSTS": "1",
            "PAGES_PER_MINUTE": "0",
            "PAGES_PER_MINUTE_ANONYMOUS": "0",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(Path(overheard.__file__).parent),
            "OVERHEARD": str(folder / "overheard"),
        } | env
        if self.queue:
            self.env["REDIS_URL"] = self.queue.url
            self._guard(self.queue.process.pid)

    def _guard(self, group: int) -> None:
        assert self.guard.stdin
        self.guard.stdin.write(f"{group}\n".encode())
        self.guard.stdin.flush()

    @property
    def contacts(self) -> set[str]:
        """host:port of everybody whom any of the processes looked up or spoke to."""
        return set((self.folder / "overheard").read_text().split())

    def flask(self, *words: str, env: dict[str, str] | None = None) -> str:
        """Run a command of the application; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *words],
            env=self.env | (env or {}),
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def upgrade(self) -> None:
        """What the release step makes of an empty database (tests/test_migrations.py says so), without
        a process and the migrations of years."""
        postgres.create_tables(self.env["DATABASE_URL"], stamped=True)

    def plant(self) -> None:
        """The demo, in an empty database of SQLite; the second one of a process of tests is a copy of
        the first."""
        database, files = self.folder / "app.db", self.folder / "media"
        if planted and planted[0].port == self.port:
            database.write_bytes(planted[0].database)
            shutil.copytree(planted[0].files, files)
            return
        self.upgrade()
        self.flask("seed", "demo")
        if not planted:
            kept = self.folder / "planted"
            shutil.copytree(files, kept)
            planted.append(Seeded(self.port, database.read_bytes(), kept))

    def application(self) -> Flask:
        """The application in this process, on the same database, queue and keys."""
        return create_app(
            app_env="test",
            secret_key=self.env["SECRET_KEY"],
            encryption_keys=self.env["ENCRYPTION_KEYS"],
            database_url=self.env["DATABASE_URL"],
            redis_url=self.env["REDIS_URL"],
            storage_url=self.env["STORAGE_URL"],
            allow_private_hosts=True,
        )

    def start(self, *names: str) -> None:
        for name in names or ("web", "publisher", "worker", "clock"):
            with (self.folder / f"{name}.log").open("ab") as log:
                child = subprocess.Popen(
                    commands(self.port)[name],
                    env=self.env,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.children[name] = child
            self._guard(child.pid)

    def kill(self, name: str) -> None:
        """kill -9, as a crash or the kernel would."""
        child = self.children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def wait_until_up(self) -> None:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/health/live", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(self.log("web"))

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        if self.queue:
            self.queue.stop()
        assert self.guard.stdin
        self.guard.stdin.write(b"bye\n")
        self.guard.stdin.close()
        self.guard.wait(5)


@contextmanager
def running(
    folder: Path, *names: str, seed: bool = False, env: dict[str, str] | None = None
) -> Iterator[Running]:
    """Migrate, start, wait; stop at the end. `seed` plants the demo first."""
    is_again = seed and planted and is_free(planted[0].port)
    made = Running(folder, env or {}, planted[0].port if is_again else 0)
    try:
        made.plant() if seed else made.upgrade()
        made.start(*names)
        if not names or "web" in names:
            made.wait_until_up()
        yield made
    finally:
        made.stop()
