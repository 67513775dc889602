"""A line in the audit trail beside a bare insert of the same bytes; and how long verifying takes.

On SQLite, many in one transaction, so that the disk's own time is not what is measured."""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from app import audit, create_app
from app.db import db
from app.scope import across_organizations
from tests import make
from tests.bench import Figure
from tests.conftest import settings

COUNT = 2000
BARE = "INSERT INTO bare (at, action, organization_id, a, b, c) VALUES (:at, 'x', 1, :b, :b, :b)"


def measure(folder: Path) -> list[Figure]:
    app = create_app(**settings(folder, f"sqlite:///{folder}/trail.db"))
    with app.app_context(), across_organizations("a database of our own"):
        db.create_all()
        db.session.execute(text("CREATE TABLE bare (at, action, organization_id, a, b, c)"))
        alice = make.alice().id
        floor = _each(_insert)
        figures = [
            Figure("audit record", _each(lambda n: _record(n, alice)), "µs", floor),
            Figure("audit verify, per event", _verify() * 1e6 / COUNT, "µs", None),
        ]
        db.session.remove()
        db.engine.dispose()
    return figures


def _insert(n: int) -> None:
    db.session.execute(text(BARE), {"at": n, "b": b"x" * 48})


def _record(n: int, actor: int) -> None:
    audit.record("post.created", actor=actor, organization=1, post=n, state="draft")


def _each(deed: Callable[[int], None]) -> float:
    """Microseconds a deed takes, the fastest of five fifths."""
    best = float("inf")
    for part in range(5):
        began = time.perf_counter()
        for n in range(COUNT // 5):
            deed(part * COUNT // 5 + n)
        best = min(best, (time.perf_counter() - began) / (COUNT // 5))
    db.session.commit()
    return best * 1e6


def _verify() -> float:
    began = time.perf_counter()
    assert audit.verify() == []
    return time.perf_counter() - began
