"""How the engine does, for the pages that show it and for machines that ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, g
from sqlalchemy import func, select

from app import clock, viewer
from app.account.models import Membership
from app.db import db
from app.publishing.models import Heartbeat
from app.scheduler.models import Delivery
from app.scheduler.states import FAILED, HELD


@dataclass(frozen=True)
class Engine:
    """Seconds since the clock's last sign of life; None when there was none."""

    clock_seconds_ago: int | None

    @property
    def is_well(self) -> bool:
        return self.clock_seconds_ago is not None and self.clock_seconds_ago < 30


def look(now: datetime) -> Engine:
    beat = db.session.get(Heartbeat, "clock")
    return Engine(max(0, int((now - beat.at).total_seconds())) if beat else None)


def init_app(app: Flask) -> None:
    app.context_processor(_in_the_shell)


def _in_the_shell() -> dict[str, Any]:
    member = g.get("member")
    if member is None or viewer.person() is None:
        return {}
    return {"engine": look(clock.now()), "attention_count": count_waiting(member)}


def count_waiting(member: Membership) -> int:
    """How many deliveries need a person's eyes."""
    chosen = select(func.count()).where(
        Delivery.organization_id == member.organization_id, Delivery.state.in_((HELD, FAILED))
    )
    return db.session.scalar(chosen) or 0
