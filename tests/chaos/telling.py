"""What happened in a day, in figures."""

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.db import db
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scope import across_organizations

if TYPE_CHECKING:
    from tests.chaos.day import Day


def figures(day: "Day") -> Counter[str]:
    """Posts by their end, faults by kind, attempts, unknown outcomes that people were shown."""
    told = Counter[str]()
    for line in day.truth.lines():
        if "fault" in line:
            told[f"network {line['fault']}"] += 1
        elif "drew" in line:
            told[f"network {line['drew']}"] += 1
        elif "rotated" in line:
            told[f"refresh {line['rotated']}"] += 1
    with day.app.app_context(), across_organizations("figures of a run"):
        by_end = select(Delivery.state, Delivery.hold, func.count())
        for state, hold, times in db.session.execute(
            by_end.group_by(Delivery.state, Delivery.hold)
        ):
            told[f"{state} {hold}".strip()] += times
        by_answer = select(Attempt.state, func.count()).group_by(Attempt.state)
        for state, times in db.session.execute(by_answer):
            told[f"attempts {state}"] += times
        db.session.remove()
        db.engine.dispose()
    told["decided by people"] += day.decided
    return told
