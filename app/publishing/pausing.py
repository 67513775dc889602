"""Pausing what goes out, of one channel or of all, and going on. What comes due meanwhile is held; once
somebody resumes, the late policy decides about it: in time it goes out, one a minute on each channel,
and the rest waits for a person."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from app.account.models import Organization
from app.channels.models import Channel
from app.db import db, table
from app.publishing.welcome import paused_channels
from app.publishing.writing import row
from app.scheduler import noting
from app.scheduler.models import Delivery, Post
from app.scheduler.states import HELD, PAUSED, SCHEDULED, sum_up

RESUMED = "Publishing was resumed."


def pause(what: Channel | Organization, now: datetime) -> bool:
    """Did it go on until now?"""
    if what.paused_at:
        return False
    what.paused_at = now
    return True


def resume(what: Channel | Organization, organization_id: int, now: datetime) -> int | None:
    """How many posts that were held for it go on; None when it was not paused."""
    if not what.paused_at:
        return None
    what.paused_at = None
    db.session.flush()
    still = paused_channels().where(Channel.organization_id == organization_id)
    going = db.session.execute(
        update(table(Delivery))
        .where(
            row.organization_id == organization_id,
            row.state == HELD,
            row.hold == PAUSED,
            row.channel_id.not_in(still),
        )
        .values(
            state=SCHEDULED,
            hold="",
            reason="",
            not_before=row.due_at,
            lease_token=row.lease_token + 1,
            lease_until=None,
        )
        .returning(row.id, row.post_id)
    ).all()
    noting.note(noting.GOING, [one.id for one in going], now, RESUMED)
    posts = {one.post_id for one in going}
    _sum_up(posts, organization_id)
    return len(posts)


def _sum_up(ids: set[int], organization_id: int) -> None:
    db.session.expire_all()
    ours = Post.organization_id == organization_id, Post.id.in_(ids)
    joined = select(Post).where(*ours).join(Post.deliveries)
    whole = joined.options(contains_eager(Post.deliveries)).execution_options(
        populate_existing=True
    )
    for post in db.session.scalars(whole).unique():
        post.state = sum_up(one.state for one in post.deliveries)
