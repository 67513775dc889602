"""A plan that holds fewer channels than there are: the one that counts now, one that is about to be taken,
or the free one that comes when this one ends."""

from dataclasses import dataclass
from datetime import datetime

from app.account import allowances
from app.account.allowances import Allowance, Room
from app.billing import fitting
from app.billing.grace import ends_at, is_lapsed
from app.billing.models import live
from app.billing.plans import FREE
from app.channels.connecting import count_in_use
from app.db import db


@dataclass(frozen=True)
class Smaller:
    """From when it counts, None for now; until when there is time to choose, None when what does not
    fit is set aside already, or would be at once."""

    room: Room
    begins_at: datetime | None = None
    choose_by: datetime | None = None

    @property
    def most(self) -> int:
        return self.room.channels or 0


def smaller(organization_id: int, now: datetime, coming: Room | None = None) -> Smaller | None:
    """The plan that the channels have to fit into, if any. `coming`: one that somebody looks at."""
    there = len(fitting.places(organization_id, None, now))
    if coming:
        return None if coming.holds("channels", there) else Smaller(coming)
    room = allowances.of(organization_id)
    if not room.holds("channels", there):
        row = db.session.get(Allowance, organization_id)
        is_over = not room.holds("channels", count_in_use(organization_id))
        return Smaller(room, choose_by=row.choose_by if row and is_over else None)
    found = live(organization_id)
    ends = ends_at(found)
    if not found or not ends or is_lapsed(found, now) or FREE.room.holds("channels", there):
        return None
    is_unpaid = found.is_overdue  # its grace is the time to choose
    return Smaller(FREE.room, ends, ends if is_unpaid else ends + fitting.TO_CHOOSE)
