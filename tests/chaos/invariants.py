"""What must hold whatever happens, checked on the database and on the networks' own truth."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.db import db
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery, Post
from app.scheduler.states import CANCELLED, FAILED, HELD, PUBLISHED, SENDING
from tests.chaos.network import standing

NAMES = {
    "I1": "never lost",
    "I2": "never twice",
    "I3": "no false claim",
    "I4": "surfaced",
    "I5": "one open attempt",
    "I6": "intent first",
    "I7": "same words",
    "I8": "not early",
}
Violations = dict[str, list[str]]


def nothing() -> Violations:
    return defaultdict(list)


def check_always(found: Violations, now: datetime) -> None:
    """After each sweep: nobody is left in `sending` without a lease; one open attempt each."""
    stuck = select(Delivery.id).where(Delivery.state == SENDING, Delivery.lease_until < now)
    found["I4"] += [f"delivery {id} sends without a lease" for id in db.session.scalars(stuck)]
    is_open = Attempt.state.in_(("sending", "unknown"))
    many = select(Attempt.delivery_id).where(is_open).group_by(Attempt.delivery_id)
    doubled = db.session.scalars(many.having(func.count() > 1))
    found["I5"] += [f"delivery {id} has two open attempts" for id in doubled]


def check_at_the_end(found: Violations, lines: list[dict[str, Any]]) -> None:
    """When all is quiet again: the database and the networks say the same."""
    live = standing(lines, "exact")
    found["I6"] += [
        f"{line['orphan']} came without an intent" for line in lines if "orphan" in line
    ]
    found["I2"] += [f"{key} stands {times} times" for key, times in live.items() if times > 1]
    rows = db.session.execute(select(Delivery, Post).join(Post, Post.id == Delivery.post_id))
    by_key = {line["key"]: line for line in lines if "key" in line}
    for row, post in rows:
        _check_one(found, row, post, by_key.get(row.remote_key or ""), live)


def _check_one(found: Violations, row: Delivery, post: Post, line: Any, live: Any) -> None:
    if row.state not in (PUBLISHED, FAILED, CANCELLED, HELD):
        found["I1"].append(f"delivery {row.id} is still {row.state}")
    if row.state in (FAILED, HELD) and not row.reason:
        found["I1"].append(f"delivery {row.id} is {row.state} and nobody is told why")
    times = live[row.remote_key] if row.remote_key else 0
    if (row.state == PUBLISHED and times == 0) or (row.state in (FAILED, CANCELLED) and times > 0):
        found["I3"].append(f"delivery {row.id} is {row.state}, the network has {times}")
    if line and line["text"] != post.text:
        found["I7"].append(f"delivery {row.id} says other words than its post")
    if line and row.due_at and clock.parse(line["came"]) < row.due_at:
        found["I8"].append(f"delivery {row.id} came at {line['came']}, due {row.due_at}")
