"""How the engine does, for the pages that show it and for machines that ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, g, request
from sqlalchemy import and_, bindparam, func, select

from app import clock, queue, viewer
from app.db import db
from app.publishing import canary, claiming, clocks, clones, forecast, standing
from app.publishing.models import Heartbeat
from app.scheduler.models import Delivery
from app.scheduler.notices import Notice
from app.scheduler.states import FAILED, HELD, LIVE, PAUSED, PENDING
from app.scope import across_organizations

UNSETTLED = (*LIVE, HELD, FAILED)
PAGES = ("scheduler", "posts", "publishing")  # where people plan, so where the engine is shown
TICKS = 30  # seconds within which a clock that runs is seen: it ticks every five
UNANSWERED = timedelta(minutes=2)  # in which the clock rings some forty times for what is due


@dataclass(frozen=True)
class Engine:
    """Seconds since the last sign of life of the clock and of the publisher, None when there was none;
    seconds that the clock of the machine that is furthest off is ahead of the database's.

    A publisher is seen only when it is rung, so how long ago says nothing by itself: on an idle
    instance that is every five minutes, for the test post, and without test posts never. It is
    silent when it was rung and did not come: the last test post was due, and neither it nor a clock
    that publishes by itself, since the queue is away, has taken it."""

    clock_seconds_ago: int | None
    skew: float = 0.0
    is_foreign: bool = False
    test: canary.Seen | None = None
    publisher_seconds_ago: int | None = None
    is_silent: bool = False

    @property
    def is_well(self) -> bool:
        return self.is_ticking and not self.is_silent

    @property
    def is_ticking(self) -> bool:
        return self.clock_seconds_ago is not None and self.clock_seconds_ago < TICKS

    @property
    def clock_ago(self) -> str:
        return _ago(self.clock_seconds_ago)

    @property
    def publisher_ago(self) -> str:
        return _ago(self.publisher_seconds_ago)

    @property
    def is_astray(self) -> bool:
        return clocks.is_astray(self.skew)

    @property
    def is_stopped(self) -> bool:
        """Does nothing leave until somebody who runs the instance acts?"""
        return self.is_foreign or self.is_astray


def _ago(seconds: int | None) -> str:
    if seconds is None:
        return "never"
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"


def look(now: datetime) -> Engine:
    """How the engine does, by its parts' last signs of life."""
    return _engine(db.session.execute(select(*SIGNS)).one(), now)


def _engine(found: Any, now: datetime) -> Engine:
    skew = max(found.most or 0.0, -(found.least or 0.0))
    skew = skew if skew == (found.most or 0.0) else -skew
    test = canary.seen(found.test_due, found.test_seen, found.test_trouble, now)
    came = found.published is not None and (found.test_due or now) <= found.published
    is_silent = canary.is_untaken(found.test_due, found.test_began, now) and not came
    return Engine(
        _seconds(found.beat, now),
        skew,
        clones.is_of_another(found.owner),
        test,
        _seconds(found.published, now),
        is_silent,
    )


def _seconds(seen: datetime | None, now: datetime) -> int | None:
    return max(0, int((now - seen).total_seconds())) if seen else None


@across_organizations("a publisher that is dead is so for everybody")
def is_unanswered(engine: Engine, now: datetime) -> bool:
    """Is something due for two minutes that a publisher could take, and none was seen since? Asked at
    the desk and by the doctor, for it walks what is pending. While the queue is away the clock
    publishes by itself, and what is much takes its time."""
    longest = UNANSWERED.total_seconds()
    seen = engine.publisher_seconds_ago
    if not engine.is_ticking or engine.is_stopped or (seen is not None and seen < longest):
        return False
    return not queue.is_away(now) and claiming.is_overdue(now - UNANSWERED)


def init_app(app: Flask) -> None:
    app.context_processor(_in_the_shell)
    app.jinja_env.globals |= {"forecast": _forecast, "ending": _ending, "standing": _standing}


# On every signed-in page, so it is one statement and built once.
OURS = Delivery.organization_id == bindparam("organization_id")
PARTS = Heartbeat.name.in_(("clock", "publisher"))
SIGNS = (
    select(Heartbeat.at).where(Heartbeat.name == "clock").scalar_subquery().label("beat"),
    select(Heartbeat.at).where(Heartbeat.name == "publisher").scalar_subquery().label("published"),
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
