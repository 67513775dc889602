"""Posts follow their deliveries, many at once."""

from sqlalchemy import select, update

from app.db import among, db, table
from app.scheduler.models import Delivery, Post
from app.scheduler.states import sum_up

row = table(Delivery).c


def sum_up_posts(ids: set[int]) -> None:
    """Bring the posts' states in line with their deliveries'."""
    found: dict[int, list[str]] = {}
    for post_id, state in db.session.execute(
        select(row.post_id, row.state).where(among(row.post_id, ids))
    ):
        found.setdefault(post_id, []).append(state)
    becoming: dict[str, list[int]] = {}
    for id, states in found.items():
        becoming.setdefault(sum_up(states), []).append(id)
    for state, posts in becoming.items():
        chosen = among(table(Post).c.id, posts)
        db.session.execute(update(table(Post)).where(chosen).values(state=state))
