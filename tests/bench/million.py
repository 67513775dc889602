"""Claiming what is due among a million scheduled deliveries on Postgres, beside the bare look at the index
of what is pending."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Select, select, text

from app import clock
from app.db import db, table
from app.publishing import claiming
from app.publishing.claiming import SUSPECT
from app.scheduler.models import Delivery
from app.scheduler.states import TAKEN_UP
from app.scope import across_organizations
from tests.bench import Figure, crowd
from tests.bench.purge import application
from tests.servers import postgres

ROWS, DUE, LOOKS = 1_000_000, 100, 15
POSTS = """INSERT INTO post (organization_id, text, state, nonce, created_at, updated_at, version,
    wall_time, zone)
    SELECT :organization, 'Post', 'scheduled', 'million' || n, now(), now(), 1, '', ''
    FROM generate_series(1, CAST(:rows AS int)) n"""
DELIVERIES = """INSERT INTO delivery (organization_id, post_id, channel_id, state, due_at, not_before,
    content_hash, prepared_hash, reason, hold, lease_token, tries, patience, reads)
    SELECT organization_id, id, :channel, 'scheduled', due, due, 'h', '', '', '', 0, 0, 8, 0
    FROM (SELECT id, organization_id, now() + interval '1 hour' + id * interval '2 seconds' AS due
    FROM post WHERE nonce LIKE 'million%') future"""


def measure(folder: Path) -> list[Figure]:
    with postgres.database(f"million_{time.time_ns()}") as url:
        app = application(url, folder)
        postgres.create_tables(url)
        with app.app_context(), across_organizations("a bench plants and looks"):
            _plant()
            ours = _median(lambda: len(claiming.claim(clock.now(), timedelta(seconds=90), DUE)))
            floor = _median(lambda: len(db.session.execute(_bare()).all()))
            claiming.read_in_order()
            plan = "\n".join(db.session.scalars(text(f"EXPLAIN {_as_text()}")))
            db.session.rollback()
            db.engine.dispose()
    assert "ix_delivery_pending" in plan, plan
    return [Figure(f"claim {DUE} of {ROWS:,} scheduled", ours, "ms", floor)]


def _plant() -> None:
    where = crowd.plant("http://127.0.0.1:1", DUE)
    organization, channel = where[0]
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(text(POSTS), {"organization": organization, "rows": ROWS})
    db.session.execute(text(DELIVERIES), {"channel": channel})
    db.session.commit()
    crowd.schedule(where, DUE, clock.now() - timedelta(seconds=5), timedelta(seconds=1))
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(text("ANALYZE delivery"))
    db.session.commit()


def _median(look: Callable[[], int]) -> float:
    """Milliseconds of one look, each undone."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        assert look() == DUE
        times.append((time.perf_counter() - began) * 1000)
        db.session.rollback()
    return median(times)


def _bare() -> Select[Any]:
    row = table(Delivery).c
    pending = text(f"delivery.{TAKEN_UP}")
    return select(row.id).where(pending, row.not_before <= clock.now()).order_by(row.not_before)


def _as_text() -> str:
    """The statement that finds what wants work, with its values in it."""
    pool = claiming.pool(clock.now(), table(Delivery).c.claims < SUSPECT)
    bound = pool.compile(db.engine, compile_kwargs={"literal_binds": True})
    return str(bound).replace("%%", "%")
