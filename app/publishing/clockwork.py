"""The clock: wakes for the next due row, rings for the publisher, sweeps. If the queue is away it
publishes by itself: the queue is only a doorbell."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from redis import RedisError
from sqlalchemy.exc import OperationalError

from app import clock, queue, telemetry
from app.db import db
from app.publishing import canary, claiming, clocks, clones, engine, gaps, jobs, sweeping
from app.scope import across_organizations
from app.telemetry.jobs import send_waiting

LONGEST_SLEEP = 5.0
RING_AGAIN = 3.0  # seconds after which an unanswered ring is repeated
EXACT = 0.12  # a blocking pop may return this much late: the last stretch is slept

log = structlog.get_logger(__name__)


def run(stopping: Callable[[], bool], also: Callable[[datetime], None]) -> None:
    """Tick until told to stop, and do `also` each time; a database that is away for a while is
    waited for."""
    rang_at = 0.0
    while not stopping():
        try:
            rang_at, wake = tick(rang_at, stopping)
            also(clock.now())
        except OperationalError as trouble:
            db.session.rollback()
            log.warning("clock.database_away", trouble=type(trouble.orig).__name__)
            wake = None
            time.sleep(1)
        sleep_until(wake)


@across_organizations("the clock looks at everybody's deliveries")
def tick(
    rang_at: float, stopping: Callable[[], bool] = lambda: False
) -> tuple[float, datetime | None]:
    """Sweep, ring when something is due; when we rang and when the next delivery wants work. By a
    clock that is far off nothing is judged too late and nothing sent: it only says so."""
    now, skew = clock.now(), clocks.skew()
    if clocks.is_astray(skew):
        sweeping.beat("clock", now, skew)
        db.session.commit()
        return rang_at, None
    wake_up(now)
    sweeping.beat("clock", now, skew)
    sweep(now)
    canary.plan(now, canary.every())
    has_events = telemetry.tend(now)
    db.session.commit()
    if has_events:
        queue.enqueue(send_waiting, on="default")
    test_at = canary.next_wake(now)
    is_due = claiming.wants_work(now) or (test_at is not None and test_at <= now)
    if is_due and clock.stopwatch() - rang_at > RING_AGAIN:
        db.session.rollback()
        rang_at = clock.stopwatch()
        if not queue.enqueue(jobs.publish, on="publish"):
            engine.run_shift(stopping, _tend)
    wakes = [claiming.next_wake(now), test_at if test_at and test_at > now else None]
    db.session.rollback()
    return rang_at, min((one for one in wakes if one), default=None)


def _tend(now: datetime) -> None:
    """What a tick does, in the midst of a shift of our own."""
    sweeping.beat("clock", now, clocks.skew())
    sweep(now)


def wake_up(now: datetime) -> None:
    """Before the first sign of life: were we away, and is this our database?"""
    clones.claim_database()
    gaps.notice(now)
    gaps.mark(now)


def sweep(now: datetime) -> None:
    """Find what others left behind, and hold what a person must decide; the caller commits."""
    sweeping.find_poison(now)
    sweeping.find_abandoned(now)
    sweeping.hold_back(now)
    gaps.hold_restored(now)
    gaps.doubt_held(now)


def sleep_until(wake: datetime | None) -> None:
    """Sleep to the instant itself, at most five seconds, less when somebody schedules sooner."""
    longest = clock.now() + timedelta(seconds=LONGEST_SLEEP)
    until = min(wake, longest) if wake else longest
    pause = (until - clock.now()).total_seconds()
    try:
        if pause > EXACT and queue.sleep_until_woken(pause - EXACT):
            return
    except RedisError:
        time.sleep(min(max(pause, 0.2), 1))
        return
    if (rest := (until - clock.now()).total_seconds()) > 0:
        time.sleep(rest)
