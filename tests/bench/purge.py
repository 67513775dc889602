"""A million overdue rows are purged on Postgres while the calendar is looked at: the slowest of a
hundred looks, beside the same without the purge in the same run."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import clock, create_app
from app.db import db
from app.privacy import retention_jobs, retention_runs
from app.scope import across_organizations
from tests import make
from tests.bench import Figure
from tests.bench.page import POSTS, plant
from tests.servers import postgres

ROWS, PIECE, LOOKS = 1_000_000, 50_000, 400
KEY = Fernet.generate_key().decode()
OVERDUE = """INSERT INTO login_session (token_hash, values, device, network, created_at, used_at, renew)
    SELECT 'bench' || n, '{}', 'Firefox on Linux', '192.0.2.0/24', now() - interval '40 days',
    now() - interval '31 days', false FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n"""


def measure(folder: Path) -> list[Figure]:
    with postgres.database("bench_purge") as url:
        app = application(url, folder)
        client = _prepare(app)
        quiet = _p99(client, lambda looks: looks < LOOKS)
        began = time.perf_counter()
        purge = subprocess.Popen([sys.executable, "-m", "tests.bench.purge", url, str(folder)])
        busy = _p99(client, lambda _: purge.poll() is None)
        seconds = time.perf_counter() - began
        assert purge.returncode == 0
        with app.app_context():
            left = db.session.scalar(
                text("SELECT count(*) FROM login_session WHERE device LIKE 'F%'")
            )
            db.engine.dispose()
        assert left == 0, f"{left} rows were not purged"
    return [
        Figure(f"calendar, p99 while {ROWS:,} rows are purged", busy, "ms", quiet),
        Figure(f"purge of {ROWS:,} rows under that load", ROWS / seconds, "/s", None),
    ]


def application(url: str, folder: Path) -> Flask:
    app = create_app(
        app_env="test",
        secret_key="only-for-benchmarks-" + "x" * 32,
        encryption_keys=KEY,
        base_url="http://localhost",
        database_url=url,
        redis_url="redis://127.0.0.1:1/0",
        storage_url=f"file://{folder}/media",
        pages_per_minute=0,
        pages_per_minute_anonymous=0,
    )
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _prepare(app: Flask) -> FlaskClient:
    """A calendar, somebody who looks at it, the rows, and a person's word that so many are right."""
    postgres.create_tables(app.config["SETTINGS"].database_url)
    plant(app, POSTS)
    client = app.test_client()
    with app.app_context(), across_organizations("a bench plants"):
        make.sign_in(client, make.alice())
        for first in range(1, ROWS, PIECE):
            db.session.execute(text(OVERDUE), {"first": first, "last": first + PIECE - 1})
            db.session.commit()
        for job in retention_runs.prepare(clock.now()):
            retention_runs.let_go(job.run)
        db.session.commit()
    return client


def _p99(client: FlaskClient, goes_on: Callable[[int], bool]) -> float:
    """Milliseconds; looks follow each other as a person's would, a little apart."""
    times: list[float] = []
    while goes_on(len(times)):
        began = time.perf_counter()
        assert client.get("/calendar").status_code == 200
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.01)
    return quantiles(times, n=100)[-1]


def main(url: str, folder: str) -> None:
    """The purge alone, in a process of its own as on a worker."""
    with application(url, Path(folder)).app_context():
        [run] = [run for run in retention_jobs.run_retention() if run.candidates >= ROWS]
        assert (run.state, run.done) == (retention_runs.DONE, run.candidates)


if __name__ == "__main__":
    main(*sys.argv[1:])
