"""How the engine does, for the pages that show it and for machines that ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, g
from sqlalchemy import bindparam, func, select

from app import clock, queue, viewer
from app.db import db
from app.publishing.models import Heartbeat
from app.scheduler.models import Delivery
from app.scheduler.states import FAILED, HELD, PENDING


@dataclass(frozen=True)
class Engine:
    """Seconds since the clock's last sign of life; None when there was none."""

    clock_seconds_ago: int | None

    @property
    def is_well(self) -> bool:
        return self.clock_seconds_ago is not None and self.clock_seconds_ago < 30


def look(now: datetime) -> Engine:
    """How the engine does, by the clock's last sign of life."""
    return since(db.session.scalar(select(LAST_BEAT)), now)


def since(beat: datetime | None, now: datetime) -> Engine:
    return Engine(max(0, int((now - beat).total_seconds())) if beat else None)


def init_app(app: Flask) -> None:
    app.context_processor(_in_the_shell)


# On every signed-in page, so it is one statement and built once.
LAST_BEAT = select(Heartbeat.at).where(Heartbeat.name == "clock").scalar_subquery()
WAITING = (
    select(func.count())
    .where(
        Delivery.organization_id == bindparam("organization_id"),
        Delivery.state.in_((HELD, FAILED)),
    )
    .scalar_subquery()
)
ASKING = (
    select(func.count(Delivery.post_id.distinct()))
    .where(Delivery.organization_id == bindparam("organization_id"), Delivery.state == PENDING)
    .scalar_subquery()
)
SHELL = select(LAST_BEAT.label("beat"), WAITING.label("waiting"), ASKING.label("asking"))


def _in_the_shell() -> dict[str, Any]:
    member = g.get("member")
    if member is None or viewer.person() is None:
        return {}
    found = db.session.execute(SHELL, {"organization_id": member.organization_id}).one()
    return {
        "engine": since(found.beat, clock.now()),
        "queue_is_away": queue.is_away(clock.now()),
        "attention_count": found.waiting,
        "approvals_count": found.asking if member.may("post.approve") else 0,
    }
