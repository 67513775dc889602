"""The doorbell. Jobs carry ids and may be lost: the rows in the database are the truth."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from flask import Flask, current_app
from redis import Redis, RedisError, ResponseError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue

QUEUES = ("publish", "default")
# Seconds that a job may take. A shift of the publisher goes on while a video is uploaded, and ends by
# itself; this stops one that hangs.
LONGEST = {"publish": 5400, "default": 170}
CLOCK_BELL = "allstac:clock"
# Every key that Redis holds, by its beginning. A job carries the name of a verb and ids, never a text.
KEYS = {
    "rq:job:": "a job: the name of what is to be done and ids of rows; gone when done, a day after it failed",
    "rq:queue": "ids of jobs that wait",
    "rq:worker": "workers that are running: host name, process number, ids of jobs",
    "rq:executions:": "which worker is at which job",
    "rq:wip:": "ids of jobs that are being done",
    "rq:finished:": "ids of jobs that are done",
    "rq:failed:": "ids of jobs that failed",
    "rq:results:": "whether a job went well; of an error only its kind and place",
    "rq:clean_": "locks for tidying",
    "allstac:clock": "the clock's bell",
}
NO_EVICTION, HIDDEN = "noeviction", "hidden"  # hosted servers may hide their settings
LOOK_AGAIN = timedelta(seconds=15)
log = structlog.get_logger(__name__)


def init_app(app: Flask) -> None:
    url = app.config["SETTINGS"].redis_url
    app.extensions["redis"] = Redis.from_url(
        url, socket_connect_timeout=2, socket_timeout=10, retry=Retry(NoBackoff(), 0)
    )


def connection() -> Redis:
    redis: Redis = current_app.extensions["redis"]
    return redis


def queue(name: str) -> Queue:
    return Queue(name, connection=connection(), serializer="json", default_timeout=LONGEST[name])


def enqueue(job: Callable[..., Any] | str, *args: Any, on: str) -> bool:
    """Ring for a worker, after the commit. False when the queue can't be reached: nothing is
    lost then, because the clock finds the rows again."""
    try:
        queue(on).enqueue(cast(Any, job), *args, result_ttl=0, failure_ttl=86_400)
    except RedisError as trouble:
        log.warning("queue.unreachable", job=str(job), trouble=type(trouble).__name__)
        return False
    return True


def wake_clock() -> None:
    """Tell the clock that a row may be due sooner than it thinks."""
    try:
        redis = connection()
        redis.lpush(CLOCK_BELL, b"1")
        redis.ltrim(CLOCK_BELL, 0, 0)
    except RedisError:
        log.warning("queue.unreachable", job="clock")


def sleep_until_woken(seconds: float) -> bool:
    """Wait at most so long for `wake_clock`. Raises RedisError when the queue is away."""
    return connection().blpop([CLOCK_BELL], timeout=max(seconds, 0.01)) is not None


def eviction() -> str:
    """What the server does when its memory is full. Raises RedisError when it can't be reached."""
    connection().ping()
    try:
        found = connection().config_get("maxmemory-policy")
    except ResponseError:
        return HIDDEN
    return str(found.get("maxmemory-policy", HIDDEN))


def is_away(now: datetime) -> bool:
    """Is it unreachable? Asked anew every quarter of a minute, in each process for itself."""
    asked_at, answer = current_app.extensions.get("queue_away", (None, False))
    if asked_at is None or not timedelta() <= now - asked_at < LOOK_AGAIN:
        answer = not is_reachable()
        current_app.extensions["queue_away"] = (now, answer)
    return bool(answer)


def is_reachable() -> bool:
    try:
        return bool(connection().ping())
    except RedisError:
        return False
