"""How late 200 deliveries that are due in the same instant reach a sink on loopback."""

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import aiohttp

from app import clock
from app.channels.connecting import attach
from app.db import db
from app.networks import Account, Grant
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from app.scope import across_organizations
from tests import make
from tests.bench import Figure
from tests.bench.sink import Sink
from tests.servers.app_processes import running

MANY = 200


def measure(folder: Path) -> list[Figure]:
    sink = Sink()
    ours = _through_the_engine(folder, sink)
    floor = min((_floor(sink) for _ in range(5)), key=median)
    sink.stop()
    return [
        Figure(f"lateness of {MANY} due at once, median", median(ours), "ms", median(floor)),
        Figure(f"lateness of {MANY} due at once, p99", _p99(ours), "ms", _p99(floor)),
    ]


def _floor(sink: Sink) -> list[float]:
    """The best of a few: the lowest floor is the honest one."""
    sink.came.clear()
    return asyncio.run(_straight(sink))


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98]


def _through_the_engine(folder: Path, sink: Sink) -> list[float]:
    with running(folder, "publisher", "clock") as processes:
        app = processes.application()
        with app.app_context(), across_organizations("a bench looks at everything"):
            due = clock.now() + timedelta(seconds=10)
            _schedule(sink, due)
            give_up = due + timedelta(seconds=60)
            while len(sink.came) < MANY and clock.now() < give_up:
                time.sleep(0.05)
            assert len(sink.came) == MANY, f"{len(sink.came)} of {MANY} came"
            _wait_for_records(give_up)
            db.engine.dispose()
    return [(came - due.timestamp()) * 1000 for came in sink.came.values()]


def _schedule(sink: Sink, due: datetime) -> None:
    alice = make.alice()
    account = Account("sandbox", sink.url, "sink", "sink", "Sink", sink.url)
    channel = attach(make.member(alice), account, Grant({"token": "t"}, None), clock.now())
    for number in range(MANY):
        made = Composition(f"Post {number}", (channel,), (), due, "", "UTC")
        write(make.member(alice), made, f"n{number}", clock.now())
    db.session.commit()


def _wait_for_records(until: datetime) -> None:
    """The engine has written down all of them: none was sent on a guess."""
    wanted = db.select(db.func.count(Delivery.id)).where(Delivery.state == "published")
    while db.session.scalar(wanted) != MANY:
        db.session.rollback()
        assert clock.now() < until, "not all were written down"
        time.sleep(0.1)


async def _straight(sink: Sink) -> list[float]:
    """The same requests by a plain client, all started in one instant."""
    async with aiohttp.ClientSession() as session:
        started = time.time()

        async def put(number: int) -> None:
            url = f"{sink.url}/sandbox/api/walls/sink/posts/floor{number}"
            async with session.put(url, json={"text": f"Post {number}"}) as answer:
                await answer.read()

        await asyncio.gather(*(put(number) for number in range(MANY)))
    return [(came - started) * 1000 for came in sink.came.values()]
