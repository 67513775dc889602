"""How the engine does, for the pages that show it and for machines that ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, g, request
from sqlalchemy import and_, bindparam, func, select

from app import clock, queue, viewer
from app.db import db
from app.publishing import canary, clocks, clones, forecast, standing
from app.publishing.models import Heartbeat
from app.scheduler.models import Delivery
from app.scheduler.notices import Notice
from app.scheduler.states import FAILED, HELD, LIVE, PAUSED, PENDING

UNSETTLED = (*LIVE, HELD, FAILED)
PAGES = ("scheduler", "posts", "publishing")  # where people plan, so where the engine is shown


@dataclass(frozen=True)
class Engine:
    """Seconds since the clock's last sign of life, None when there was none; seconds that the clock
    of the machine that is furthest off is ahead of the database's."""

    clock_seconds_ago: int | None
    skew: float = 0.0
    is_foreign: bool = False
    test: canary.Seen | None = None

    @property
    def is_well(self) -> bool:
        return self.clock_seconds_ago is not None and self.clock_seconds_ago < 30

    @property
    def clock_ago(self) -> str:
        seconds = self.clock_seconds_ago or 0
        return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"

    @property
    def is_astray(self) -> bool:
        return clocks.is_astray(self.skew)

    @property
    def is_stopped(self) -> bool:
        """Does nothing leave until somebody who runs the instance acts?"""
        return self.is_foreign or self.is_astray


def look(now: datetime) -> Engine:
    """How the engine does, by its parts' last signs of life."""
    return _engine(db.session.execute(select(*SIGNS)).one(), now)


def _engine(found: Any, now: datetime) -> Engine:
    ago = max(0, int((now - found.beat).total_seconds())) if found.beat else None
    skew = max(found.most or 0.0, -(found.least or 0.0))
    skew = skew if skew == (found.most or 0.0) else -skew
    test = canary.seen(found.test_due, found.test_seen, found.test_trouble, now)
    return Engine(ago, skew, clones.is_of_another(found.owner), test)


def init_app(app: Flask) -> None:
    app.context_processor(_in_the_shell)
    app.jinja_env.globals |= {"forecast": _forecast, "ending": _ending, "standing": _standing}


# On every signed-in page, so it is one statement and built once.
OURS = Delivery.organization_id == bindparam("organization_id")
PARTS = Heartbeat.name.in_(("clock", "publisher"))
SIGNS = (
    select(Heartbeat.at).where(Heartbeat.name == "clock").scalar_subquery().label("beat"),
    select(func.max(Heartbeat.skew)).where(PARTS).scalar_subquery().label("most"),
    select(func.min(Heartbeat.skew)).where(PARTS).scalar_subquery().label("least"),
    clones.OWNER.scalar_subquery().label("owner"),
    *canary.LAST,
)
EYES = and_(Delivery.state.in_((HELD, FAILED)), Delivery.hold != PAUSED)
WAITING = select(func.count()).where(OURS, EYES).scalar_subquery()
RESTING = select(func.count()).where(OURS, Delivery.state == HELD, Delivery.hold == PAUSED)
LATE = select(func.count()).where(OURS, Delivery.state == HELD, Delivery.hold == "late")
ASKING = (
    select(func.count(Delivery.post_id.distinct()))
    .where(OURS, Delivery.state == PENDING)
    .scalar_subquery()
)
NEWS = (
    select(func.count())
    .where(Notice.membership_id == bindparam("membership_id"), Notice.read_at.is_(None))
    .scalar_subquery()
)
SHELL = select(
    *SIGNS,
    WAITING.label("waiting"),
    LATE.scalar_subquery().label("late"),
    RESTING.scalar_subquery().label("resting"),
    ASKING.label("asking"),
    NEWS.label("news"),
    forecast.TROUBLED.label("troubled"),
)


def _in_the_shell() -> dict[str, Any]:
    member = g.get("member")
    if member is None or viewer.person() is None:
        return {}
    now = clock.now()
    asked = {"organization_id": member.organization_id, "membership_id": member.id}
    asked |= {"soon": now + forecast.AHEAD}
    found = db.session.execute(SHELL, asked).one()
    is_planning = request.blueprint in PAGES
    return {
        "engine": _engine(found, now),
        "queue_is_away": queue.is_away(now),
        "attention_count": found.waiting,
        "is_planning": is_planning,
        "late_count": found.late if is_planning else 0,
        "paused_count": found.resting,
        "troubled_count": found.troubled if is_planning else 0,
        "news_count": found.news,
        "approvals_count": found.asking if member.may("post.approve") else 0,
    }


def _forecast() -> dict[int, forecast.Outlook]:
    """Until when each channel of the organisation can publish, for pages that show it."""
    return forecast.of_organization(g.member.organization_id)


def _standing(post_id: int) -> dict[int, list[standing.Fact]]:
    """What is known of each delivery of a post that is shown."""
    chosen = Delivery.of(g.member).where(Delivery.post_id == post_id, Delivery.state.in_(UNSETTLED))
    return standing.of(db.session.scalars(chosen), clock.now())


def _ending() -> list[forecast.Outlook]:
    """Those channels that somebody has to look after soon."""
    now = clock.now()
    return [one for one in _forecast().values() if one.is_near(now)]
