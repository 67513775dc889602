"""Copies of large accounts on Postgres: rows a second beside a plain COPY of the same tables in the same
run, and how much memory the making takes above idle, each in a process of its own."""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import text

from app import clock, create_app
from app.db import db
from app.privacy import packing
from app.privacy.exports import holder_of
from app.scope import across_organizations
from tests import make
from tests.bench import Figure
from tests.servers import postgres

SIZES = (100_000, 1_000_000)
MIB = 1024  # KiB

FILL = (
    """INSERT INTO post (organization_id, author_id, text, state, due_at, wall_time, zone, nonce, version,
       created_at, updated_at) SELECT :org, :me, 'What I wrote, number ' || n, 'published', now(), '', 'UTC',
       'bench' || n, 1, now(), now() FROM generate_series(1, :n) n""",
    """INSERT INTO delivery (organization_id, post_id, channel_id, state, reason, hold, due_at, content_hash,
       prepared_hash, lease_token, tries, patience, reads, external_id, external_url, published_at)
       SELECT :org, id, :channel, 'published', '', '', due_at, 'h', 'h', 1, 1, 8, 0, 'x' || id,
       'https://example.org/' || id, now() FROM post WHERE organization_id = :org""",
    """INSERT INTO attempt (delivery_id, n, fence, state, key, content_hash, started_at, finished_at, answer)
       SELECT id, 1, 1, 'accepted', 'k' || id, 'h', now(), now(), 'created' FROM delivery""",
    """INSERT INTO post_event (post_id, actor_id, at, kind, detail)
       SELECT id, :me, now(), 'scheduled', '' FROM post WHERE organization_id = :org""",
)


def measure(folder: Path) -> list[Figure]:
    return [figure for rows in SIZES for figure in _of(rows, folder)]


def _of(rows: int, folder: Path) -> Iterator[Figure]:
    with postgres.database("bench_export") as url:
        command = [sys.executable, "-m", "tests.bench.export", url, str(folder), str(rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    name = f"export of {rows:,} rows"
    yield Figure(name, found["rate"], "rows/s", found["copy_rate"])
    yield Figure(f"{name}, memory above idle", found["mib"], "MiB", None)


def main(url: str, folder: str, rows: int) -> None:
    app = create_app(
        app_env="test",
        secret_key="only-for-benchmarks-" + "x" * 32,
        encryption_keys=Fernet.generate_key().decode(),
        database_url=url,
        storage_url=f"file://{folder}/media",
    )
    with app.app_context(), across_organizations("a bench looks at everything"):
        postgres.create_tables(url)
        _fill(rows // len(FILL))
        alice = make.alice()
        holder = holder_of(alice)
        db.session.commit()
        with db.engine.connect() as connection:
            packing.see_one_instant(connection)
            total = sum(packing.expect(connection, db.metadata, holder).values())
            idle = _peak()
            began = clock.stopwatch()
            outcome, size = packing.Outcome(), 0
            for piece in packing.pack(
                connection, db.metadata, holder, clock.now(), lambda _: None, outcome
            ):
                size += len(piece)
            seconds = clock.stopwatch() - began
            mib = (_peak() - idle) / MIB
            copied, copy_seconds = _plain_copy(connection)
    found = {"rate": total / seconds, "copy_rate": copied / copy_seconds, "mib": mib, "size": size}
    print(json.dumps(found))


def _fill(posts: int) -> None:
    alice = make.alice()
    channel = make.channel(alice)
    values = {
        "org": make.member(alice).organization_id,
        "me": alice.id,
        "channel": channel.id,
        "n": posts,
    }
    for statement in FILL:
        db.session.execute(text(statement), values)
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _peak() -> int:
    """KiB at most in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _plain_copy(connection: Any) -> tuple[int, float]:
    """The floor: the four large tables by COPY, nothing shown, packed or hashed."""
    raw, rows = connection.connection.driver_connection, 0
    began = clock.stopwatch()
    for table in ("post", "delivery", "attempt", "post_event"):
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
            for _ in copy:
                rows += 1
    return rows, clock.stopwatch() - began


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
