"""Published posts, and a network that tells what a test says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.account.models import User
from app.channels.models import Channel
from app.db import db
from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.bluesky import Bluesky
from app.scheduler.models import Delivery
from tests import make


def published(user: User, channel: Channel, at: datetime, name: str) -> Delivery:
    """A delivery that is up since then, under that name at the network."""
    delivery: Delivery = make.post(user, channel, nonce=name).deliveries[0]
    delivery.state, delivery.published_at, delivery.external_id = "published", at, name
    delivery.not_before = None
    db.session.commit()
    return delivery


@dataclass
class Teller(Bluesky):
    """`told`: figures by name; `answers`: what the next questions are answered with instead."""

    told: dict[str, Figures | Absent] = field(default_factory=dict)
    answers: list[Refused | Unknown] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    followers: Any = None

    async def measure(self, web: Any, account: Any, grant: Any, ids: Sequence[str]) -> Any:
        self.asked.append(list(ids))
        if self.answers:
            return self.answers.pop(0)
        return {id: self.told[id] for id in ids if id in self.told}

    async def audience(self, web: Any, account: Any, grant: Any) -> Any:
        return self.followers
