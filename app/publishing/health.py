"""How the engine does, for the pages that show it and for machines that ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, request

from app import clock
from app.db import db
from app.publishing.models import Heartbeat

SHOWN_ON = ("scheduler", "posts", "publishing")


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
    app.context_processor(_on_scheduler_pages)


def _on_scheduler_pages() -> dict[str, Any]:
    return {"engine": look(clock.now())} if request.blueprint in SHOWN_ON else {}
