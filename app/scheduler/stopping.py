"""What becomes of a delivery that somebody stops. Of a thread that is partly up the rest is left: what
stands on the network is no cancelled post."""

from datetime import datetime

from app.scheduler.models import Delivery
from app.scheduler.saying import saying
from app.scheduler.states import CANCELLED, PUBLISHED

REST_LEFT = "{} of {} are up. Somebody left it there."


def stop(delivery: Delivery, now: datetime) -> None:
    delivery.state, delivery.reason, delivery.hold = CANCELLED, "", ""
    delivery.in_slot = False
    if count := len(delivery.steps):
        delivery.state, delivery.published_at = PUBLISHED, _last_up(delivery) or now
        delivery.reason = REST_LEFT.format(count, part_count(delivery))


def part_count(delivery: Delivery) -> int:
    """Posts of its thread, and its first comment."""
    said = saying(delivery.post, delivery.channel)
    return len(said.parts) + bool(said.comment)


def _last_up(delivery: Delivery) -> datetime | None:
    ends = [one.finished_at for one in delivery.attempts if one.state == "accepted"]
    return max((end for end in ends if end), default=None)
