"""The rows of the engine, written where the fence is still ours."""

from typing import Any

from sqlalchemy import bindparam, select, update

from app.db import db, table
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery, Post
from app.scheduler.states import sum_up

row, attempt = table(Delivery).c, table(Attempt).c


def write(rows: list[dict[str, Any]], columns: set[str]) -> None:
    """Change deliveries, each only where its fence is still ours."""
    if rows:
        ours = update(table(Delivery)).where(
            row.id == bindparam("b_id"), row.lease_token == bindparam("b_fence")
        )
        db.session.execute(ours.values({name: bindparam(name) for name in columns}), rows)


def sum_up_posts(ids: set[int]) -> None:
    """Bring the posts' states in line with their deliveries'."""
    found: dict[int, list[str]] = {}
    for post_id, state in db.session.execute(
        select(row.post_id, row.state).where(row.post_id.in_(ids))
    ):
        found.setdefault(post_id, []).append(state)
    if found:
        db.session.execute(
            update(table(Post)).where(table(Post).c.id == bindparam("b_id")),
            [{"b_id": id, "state": sum_up(states)} for id, states in found.items()],
        )
