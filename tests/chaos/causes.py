"""Whoever gives up needs a cause: what did not go out is held against what truly happened to it, so that an
engine that drops posts with a polite reason is found out too."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app import clock
from app.db import db
from app.publishing.claiming import POISON
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CANCELLED, FAILED, HELD, PATIENCE
from tests.chaos.truth import DEEDS, Truth

Span = tuple[datetime, datetime]
POISONS = "poison of"  # posts that begin so kill their sender
TRIES = PATIENCE // 2  # some of a delivery's tries end before there is an attempt to count


class Causes:
    """What the networks refused, whom senders died of, what people called back or decided."""

    def __init__(self, truth: Truth, lost: Span | None, noticed: timedelta = timedelta()) -> None:
        """`noticed`: how long after the backup was brought back, what came due until then may be out."""
        lines = truth.lines()
        deeds = truth.lines(DEEDS)
        self.noticed_at = lost[1] + noticed if lost else None
        self.refused = {line["refused"] for line in lines if "refused" in line}
        self.cancelled = {line["cancelled"] for line in deeds if "cancelled" in line}
        self.decided = {line["decided"] for line in deeds if "decided" in line}
        self.deaths = len({line["troubled"] for line in deeds if "troubled" in line})
        by_delivery = select(Attempt.delivery_id, Attempt.state, func.count())
        counted = db.session.execute(by_delivery.group_by(Attempt.delivery_id, Attempt.state))
        self.tries, self.open = Counter[int](), set[int]()
        for id, state, times in counted:
            self.tries[id] += times
            if state in ("sending", "unknown"):
                self.open.add(id)

    def missing(self, rows: list[Delivery]) -> Iterator[str]:
        """A line for each delivery that was given up for nothing."""
        for row in rows:
            if row.id not in self.decided and not self._has_cause(row):
                yield f"delivery {row.id} is {row.state} {row.hold} for nothing: {row.reason}"

    def _has_cause(self, row: Delivery) -> bool:
        if row.state == CANCELLED:
            return row.post_id in self.cancelled
        if row.state == FAILED:
            return self._may_fail(row)
        if row.state == HELD:
            return self._may_be_held(row)
        return True

    def _may_fail(self, row: Delivery) -> bool:
        if row.hold == "poison":
            return row.post.text.startswith(POISONS) or self.deaths >= POISON
        return row.id in self.refused or self.tries[row.id] >= TRIES

    def _may_be_held(self, row: Delivery) -> bool:
        """What waits for its channel or is late has been released by people."""
        if row.hold == "restore":
            due_at = row.due_at or clock.now()
            return self.noticed_at is not None and due_at <= self.noticed_at
        return row.hold == "needs_decision" and (row.id in self.open or self.deaths >= POISON)
