"""A person's first published post, for product analytics."""

from collections.abc import Iterable

from sqlalchemy import select

from app import clock, telemetry
from app.account.models import User
from app.db import db
from app.publishing.claiming import Claimed
from app.scheduler.models import Delivery, Post
from app.scheduler.states import PUBLISHED


def note_first(works: Iterable[Claimed]) -> None:
    """Tell of each author who had nothing published before. Asks nothing of those who did not
    allow it."""
    for work in works:
        if work.author_id is None or not telemetry.is_wanted_by(work.author_id):
            continue
        theirs = (
            select(Delivery.id)
            .join(Post, Post.id == Delivery.post_id)
            .where(Post.author_id == work.author_id, Delivery.state == PUBLISHED)
        )
        if list(db.session.scalars(theirs.limit(2))) == [work.id]:
            author = db.session.get_one(User, work.author_id)
            telemetry.tell(
                "first_post_published",
                author.id,
                network=work.network,
                account_age=telemetry.age(author.created_at, clock.now()),
            )
