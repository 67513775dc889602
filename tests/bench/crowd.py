"""Many deliveries of many organisations and channels, planted in bulk for the benches of the engine."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import insert

from app import clock, vault
from app.account.models import Organization
from app.channels.models import Channel, ChannelGrant, bound_to
from app.db import db
from app.scheduler.models import Delivery, Post

ORGANIZATIONS = 20


def plant(host: str, channels: int) -> list[tuple[int, int]]:
    """Channels of the sandbox network at `host`; (organisation, channel) of each."""
    now = clock.now()
    organizations = [Organization(name=f"Crowd {n}", created_at=now) for n in range(ORGANIZATIONS)]
    db.session.add_all(organizations)
    db.session.flush()
    made = [
        Channel(
            organization_id=organizations[n % ORGANIZATIONS].id,
            network="sandbox",
            host=host,
            account_id=f"wall{n}",
            handle=f"wall{n}",
            name="Wall",
            url=host,
            connected_at=now,
        )
        for n in range(channels)
    ]
    db.session.add_all(made)
    db.session.flush()
    sealed = [
        {"channel_id": one.id, "sealed": vault.seal({"token": "t"}, bound_to=bound_to(one.id))}
        for one in made
    ]
    db.session.execute(insert(ChannelGrant), [row | {"version": 1} for row in sealed])
    found = [(one.organization_id, one.id) for one in made]
    db.session.commit()
    return found


def schedule(where: list[tuple[int, int]], count: int, first: datetime, span: timedelta) -> None:
    """So many deliveries, spread evenly over the span, a channel after the other."""
    now = clock.now()
    posts = [_post(n, where[n % len(where)][0], now) for n in range(count)]
    ids = list(db.session.scalars(insert(Post).returning(Post.id), posts))
    rows = [
        _delivery(id, *where[n % len(where)], first + span * n / count, f"Post {n}")
        for n, id in enumerate(ids)
    ]
    db.session.execute(insert(Delivery), rows)
    db.session.commit()


def _post(n: int, organization: int, now: datetime) -> dict[str, Any]:
    return {
        "organization_id": organization,
        "text": f"Post {n}",
        "state": "scheduled",
        "nonce": f"{now.timestamp()}-{n}",
        "created_at": now,
        "updated_at": now,
    }


def _delivery(
    post: int, organization: int, channel: int, due: datetime, text: str
) -> dict[str, Any]:
    return {
        "organization_id": organization,
        "post_id": post,
        "channel_id": channel,
        "state": "scheduled",
        "due_at": due,
        "not_before": due,
        "content_hash": sha256(text.encode()).hexdigest(),
    }
