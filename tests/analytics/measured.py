"""Posts with figures, for tests: published then, on that channel, with these totals."""

from datetime import datetime
from uuid import uuid4

from app.analytics.models import Measure
from app.channels.models import Channel
from app.db import db
from app.scheduler.models import Delivery, Post


def measured(
    channel: Channel, at: datetime, text: str = "Hello", post: Post | None = None, **figures: int
) -> Measure:
    """What is known of a post that went out at `at`; of `post`, when it is on other channels too. The
    caller commits."""
    home = channel.organization_id
    post = post or Post(organization_id=home, text=text, state="published", nonce=uuid4().hex)
    post.created_at = post.updated_at = at
    out = Delivery(organization_id=home, channel_id=channel.id, state="published")
    out.published_at = at
    post.deliveries.append(out)
    db.session.add(post)
    db.session.flush()
    made = Measure(delivery_id=out.id, organization_id=home, channel_id=channel.id, **figures)
    made.published_at = made.fetched_at = at
    db.session.add(made)
    return made
