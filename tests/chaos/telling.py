"""What happened in a day: in figures, and to deliveries with which something is wrong."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.db import db
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scope import across_organizations

if TYPE_CHECKING:
    from tests.chaos.day import Day

NAMED = re.compile(r"delivery (\d+)")
SHOWN = 6  # deliveries of a day


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


def histories(day: "Day", violations: Iterable[str]) -> list[str]:
    """Everything known of the first deliveries that are named: their row, their attempts, and what
    the network and people noted of them."""
    named = dict.fromkeys(int(id) for line in violations for id in NAMED.findall(line))
    lines: list[str] = []
    with day.app.app_context(), across_organizations("histories of a run"):
        for id in list(named)[:SHOWN]:
            lines += [f"delivery {id} of the day with seed {day.seed}:", *_history(day, id)]
        db.session.remove()
        db.engine.dispose()
    return lines


def _history(day: "Day", id: int) -> Iterator[str]:
    row = db.session.get_one(Delivery, id)
    yield f"   {_words(row)} on {row.channel.account_id}"
    attempts = select(Attempt).where(Attempt.delivery_id == id).order_by(Attempt.n, Attempt.id)
    yield from (f"   {_words(one)}" for one in db.session.scalars(attempts))
    for line in day.truth.lines():
        if line.get("delivery") == id:
            yield f"   {line}"


def _words(row: Any) -> str:
    """Its columns, without those that say nothing."""
    values = {name: getattr(row, name) for name in row.__mapper__.columns.keys()}  # noqa: SIM118
    said = ", ".join(f"{name}={value}" for name, value in values.items() if value not in (None, ""))
    return f"{type(row).__name__}: {said}"
