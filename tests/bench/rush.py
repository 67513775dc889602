"""Deliveries that are due in the same second, to a sink that answers after 200 ms, on Postgres: how long
until the last one is out, beside a plain asyncio sender of the same posts, and what a post costs. Then
spaced ones: how late each is. And what the processes use when there is nothing to do."""

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import aiohttp

from app import clock, queue
from app.db import db
from app.scheduler.models import Delivery
from app.scope import across_organizations
from tests.bench import Figure, crowd
from tests.bench.sink import Sink
from tests.servers import postgres
from tests.servers.app_processes import Running, running

ANSWERS_AFTER = 0.2  # seconds
SIZES = ((1_000, 12), (10_000, 45))  # deliveries, and the seconds in which they can be prepared
SPACED, APART = 100, timedelta(seconds=20)
IDLE = 10.0  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> list[Figure]:
    sink = Sink(ANSWERS_AFTER)
    figures: list[Figure] = []
    with postgres.database(f"rush_{time.time_ns()}") as url:
        with running(folder, "web", "publisher", "clock", env={"DATABASE_URL": url}) as processes:
            app = processes.application()
            with app.app_context(), across_organizations("a bench looks at everything"):
                where = crowd.plant(sink.url, 1000)
                time.sleep(5)
                figures.append(_idle(processes))
                for count, ahead in SIZES:
                    figures += _rush(processes, sink, where, count, ahead)
                figures += _spaced(sink, where)
                db.engine.dispose()
    sink.stop()
    return figures


def _rush(
    processes: Running, sink: Sink, where: list[tuple[int, int]], count: int, ahead: int
) -> list[Figure]:
    used = _cpu(processes, "publisher")
    due = _through_the_engine(sink, where, count, timedelta(seconds=ahead), timedelta(seconds=1))
    last = max(sink.came.values()) - due
    early = sum(came < due for came in sink.came.values())
    assert not early, f"{early} came early"
    cost = (_cpu(processes, "publisher") - used) * 1000 / count
    floor = asyncio.run(_straight(sink, count))
    return [
        Figure(f"{count:,} due in one second, last one out", last, "s", floor),
        Figure(f"{count:,} due in one second, CPU a post", cost, "ms", None),
    ]


def _spaced(sink: Sink, where: list[tuple[int, int]]) -> list[Figure]:
    due = _through_the_engine(sink, where, SPACED, timedelta(seconds=6), APART)
    step = APART.total_seconds() / SPACED
    late = sorted(came - due for came in sink.came.values())
    behind = sorted(came - n * step for n, came in enumerate(late))
    return [
        Figure(f"{SPACED} spaced, lateness, median", median(behind) * 1000, "ms", None),
        Figure(f"{SPACED} spaced, lateness, p99", quantiles(behind, n=100)[98] * 1000, "ms", None),
    ]


def _through_the_engine(
    sink: Sink, where: list[tuple[int, int]], count: int, ahead: timedelta, span: timedelta
) -> float:
    """When the first one was due; all of them came, once each, and are written down."""
    sink.came.clear()
    due = clock.now() + ahead
    crowd.schedule(where, count, due, span)
    queue.wake_clock()
    give_up = due + timedelta(seconds=120)
    open_ones = db.select(db.func.count(Delivery.id)).where(Delivery.state != "published")
    while db.session.scalar(open_ones):
        db.session.rollback()
        assert clock.now() < give_up, f"{len(sink.came)} of {count} came"
        time.sleep(0.25)
    assert len(sink.came) == count
    return due.timestamp()


async def _straight(sink: Sink, count: int) -> float:
    """The same requests by a plain client, each as soon as there is a connection; seconds."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=400)) as session:
        started = time.time()

        async def put(number: int) -> None:
            url = f"{sink.url}/sandbox/api/walls/sink/posts/floor{number}"
            async with session.put(url, json={"text": f"Post {number}"}) as answer:
                await answer.read()

        await asyncio.gather(*(put(number) for number in range(count)))
    return time.time() - started


def _idle(processes: Running) -> Figure:
    """CPU of web, publisher and clock together while nothing happens."""
    names = ("web", "publisher", "clock")
    used = sum(_cpu(processes, name) for name in names)
    time.sleep(IDLE)
    spent = sum(_cpu(processes, name) for name in names) - used
    return Figure("idle: CPU of web, publisher and clock", spent / IDLE * 1000, "ms/s", None)


def _cpu(processes: Running, name: str) -> float:
    """Seconds of CPU that a process and its children have used (proc(5), utime and stime)."""
    group = os.getpgid(processes.children[name].pid)
    spent = 0.0
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := _stat(folder)) and int(fields[2]) == group:
            spent += sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICKS
    return spent


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rsplit(") ", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
