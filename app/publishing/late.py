"""Posts whose time passed while they could not go out: decided about many at once."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.account.models import Membership
from app.db import db
from app.publishing import decisions
from app.scheduler.models import Delivery
from app.scheduler.states import HELD, LIVE, PENDING

NOW, HOURS, DISCARD = "now", "hours", "discard"
WORDS = {
    NOW: "Going out: one a minute on each channel, in the order of their times.",
    HOURS: "One an hour on each channel, at the next full hours that are free there.",
    DISCARD: "Discarded; they stay under Posts as cancelled.",
}
AT_ONCE = 150  # a form holds 200 fields
APART = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def find(member: Membership, ids: Collection[int]) -> list[Delivery]:
    """Those of the member's organisation that are still held as late, locked, in due order."""
    chosen = Delivery.of(member).where(
        Delivery.id.in_(ids), Delivery.state == HELD, Delivery.hold == "late"
    )
    ordered = chosen.order_by(Delivery.due_at, Delivery.id).with_for_update(of=Delivery)
    return list(db.session.scalars(ordered))


def decide(
    deliveries: Sequence[Delivery], member: Membership, decision: str, zone: ZoneInfo, now: datetime
) -> None:
    """One decision about all of them; `hours`: at full hours of the zone."""
    times: dict[int, Iterator[datetime]] = {}
    for one in deliveries:
        if decision == DISCARD:
            decisions.decide(one, member, "leave", "", now)
            continue
        if one.channel_id not in times:
            is_spread = decision == HOURS
            free = _free_hours(one.channel_id, member, zone, now)
            times[one.channel_id] = free if is_spread else _minutes(now)
        decisions.send(one, member, next(times[one.channel_id]), zone, now)


def _minutes(now: datetime) -> Iterator[datetime]:
    while True:
        yield now
        now += APART


def _free_hours(
    channel_id: int, member: Membership, zone: ZoneInfo, now: datetime
) -> Iterator[datetime]:
    """The full hours to come in which nothing else of this channel is due."""
    first = now.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
    first += HOUR
    due = select(Delivery.due_at).where(
        Delivery.organization_id == member.organization_id,
        Delivery.channel_id == channel_id,
        Delivery.state.in_((*LIVE, PENDING)),
        Delivery.due_at >= first,
    )
    taken = {(at - first) // HOUR for at in db.session.scalars(due) if at}
    number = 0
    while True:
        if number not in taken:
            yield first + number * HOUR
        number += 1
