"""How the instance does and what waits: figures only, nothing of anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app import queue
from app.db import db
from app.operator.models import Incident
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import ACTIVE, UNVERIFIED
from app.publishing import clocks, health
from app.scheduler.models import Delivery
from app.scheduler.states import FAILED, HELD, PAUSED
from app.scope import across_organizations
from app.support.models import WAITING, Conversation


@dataclass(frozen=True)
class Figure:
    """`is_bad`: somebody should look now."""

    title: str
    count: int
    words: str
    url: str
    is_bad: bool = False


@dataclass(frozen=True)
class Sign:
    """One sign of health, in words."""

    words: str
    is_well: bool


@across_organizations("the desk counts everybody's deliveries")
def figures(now: datetime) -> list[Figure]:
    open_ones = RightsRequest.state.in_(ACTIVE)
    overdue = _count(RightsRequest.id, open_ones, RightsRequest.due_at <= now)
    running = _count(Incident.id, *STILL_TO_NOTIFY)
    unconfirmed = _count(RightsRequest.id, RightsRequest.state.in_(UNVERIFIED))
    asking = _count(Conversation.id, Conversation.state == WAITING, CONFIRMED)
    stuck = _count(Delivery.id, Delivery.state.in_((HELD, FAILED)), Delivery.hold != PAUSED)
    desk = "/operator/requests"
    return [
        Figure("Requests overdue", overdue, "past the law's limit", desk, overdue > 0),
        Figure("Requests open", _count(RightsRequest.id, open_ones), "wait for us", desk),
        Figure("Not confirmed", unconfirmed, "wait for their link", f"{desk}?show=unconfirmed"),
        Figure("Support", asking, "wait for an answer", "/operator/support"),
        Figure("Incidents", running, "72 hours run", "/operator/incidents", running > 0),
        Figure("Deliveries", stuck, "held or failed: their authors decide", "/operator/deliveries"),
    ]


CONFIRMED = Conversation.confirmed_at.is_not(None)
STILL_TO_NOTIFY = (
    Incident.closed_at.is_(None),
    Incident.risk.is_distinct_from("none"),
    Incident.notified_at.is_(None),
)


def _count(column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(column)).where(*conditions)) or 0


def signs(now: datetime) -> list[Sign]:
    """Quick ones; `/operator/health` looks closer."""
    engine, has_queue = health.look(now), queue.is_reachable()
    seen = engine.clock_seconds_ago
    clock = "The clock never ran" if seen is None else f"The clock ran {seen} s ago"
    waiting = (
        "The queue answers" if has_queue else "The queue can't be reached; the clock publishes"
    )
    return [
        Sign(clock, engine.is_ticking),
        _publisher(engine, now),
        Sign(waiting, has_queue),
        Sign("The database answers", True),
        *([Sign(engine.test.words, engine.test.is_well)] if engine.test else []),
        *_brakes(engine),
    ]


def _publisher(engine: health.Engine, now: datetime) -> Sign:
    is_silent = engine.is_silent or health.is_unanswered(engine, now)
    if engine.publisher_seconds_ago is None:
        return Sign("The publisher was never seen", not is_silent)
    words = f"The publisher was last seen {engine.publisher_ago}"
    return Sign(f"{words} and does not answer" if is_silent else words, not is_silent)


def _brakes(engine: health.Engine) -> Iterator[Sign]:
    """What keeps everything from going out."""
    if engine.is_foreign:
        words = "Nothing goes out: this database belongs to another instance"
        yield Sign(f"{words}; flask instance adopt takes it over", False)
    if abs(engine.skew) > clocks.WARN:
        stops = "; nothing goes out" if engine.is_astray else ""
        yield Sign(f"A clock is {engine.skew:+.1f} s off the database's{stops}", False)
