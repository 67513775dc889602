"""The rows of the engine, written where the fence is still ours."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, update
from sqlalchemy.sql import ColumnElement

from app.db import among, among_pairs, db, table
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery

row, attempt = table(Delivery).c, table(Attempt).c
OPEN = ("sending", "unknown")
FOUND = "Found on the network by reading back."


def is_free(now: datetime) -> ColumnElement[bool]:
    """Nobody has it in hands: no lease, or one that has ended."""
    return or_(row.lease_until.is_(None), row.lease_until < now)


def write(rows: list[dict[str, Any]]) -> None:
    """Change deliveries, each only where its fence is still ours. All rows name the same columns,
    beside `b_id` and `b_fence`, which find them."""
    if rows:
        columns = rows[0].keys() - {"b_id", "b_fence"}
        ours = update(table(Delivery)).where(
            row.id == bindparam("b_id"), row.lease_token == bindparam("b_fence")
        )
        db.session.execute(ours.values({name: bindparam(name) for name in columns}), rows)


def close_attempts(answers: dict[tuple[int, int], tuple[str, str]], now: datetime) -> None:
    """These attempts, each a delivery and its number, end in a state, with an answer; many say the
    same. By number, so that a sender who stood still never closes what came after it."""
    alike: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for which, said in answers.items():
        alike.setdefault(said, []).append(which)
    for (state, answer), which_ones in alike.items():
        ours = among_pairs(attempt.delivery_id, attempt.n, which_ones)
        db.session.execute(
            update(table(Attempt))
            .where(ours, attempt.state.in_(OPEN))
            .values(state=state, answer=answer, finished_at=now)
        )


def close_all(ids: set[int], now: datetime) -> None:
    """These deliveries were found on the network, so none of their tries is open any more."""
    if ids:
        db.session.execute(
            update(table(Attempt))
            .where(among(attempt.delivery_id, ids), attempt.state.in_(OPEN))
            .values(state="accepted", answer=FOUND, finished_at=now)
        )
