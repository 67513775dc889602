"""What an organisation has of what its plan holds."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from app.account import allowances
from app.account.models import Membership
from app.channels.connecting import count_in_use
from app.db import db
from app.media.models import Asset
from app.scheduler.quotas import waiting

# How many are used of quotas that are counted elsewhere, by the name of the quota. Filled where features
# are put together.
COUNTED: dict[str, Callable[[int], int]] = {}


@dataclass(frozen=True)
class Used:
    """One line: how much of it there is, and how much fits; `most` is None without a limit. Older figures
    than a plan shows are kept, so history is never over."""

    name: str
    words: str
    count: int
    most: int | None

    @property
    def is_over(self) -> bool:
        return self.name != "history_days" and self.most is not None and self.count > self.most


def used(organization_id: int) -> list[Used]:
    room = allowances.of(organization_id)
    counts = {
        "channels": count_in_use(organization_id),
        "members": _members(organization_id),
        "scheduled_posts": waiting(organization_id),
        "storage": round(Asset.bytes_of(organization_id) / allowances.MEGABYTE),
        **{name: ask(organization_id) for name, ask in COUNTED.items()},
    }
    return [
        Used(name, allowances.WORDS[name], count, getattr(room, name))
        for name, count in counts.items()
    ]


def _members(organization_id: int) -> int:
    here = select(func.count()).where(Membership.organization_id == organization_id)
    return db.session.scalar(here) or 0
