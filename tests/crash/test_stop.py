"""SIGTERM, to every process and more than once, as platforms send it: what is in hand comes to its end in
less than 25 s."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from app import clock, queue
from app.db import db, read_only
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scope import across_organizations
from tests.bench import crowd
from tests.bench.sink import Sink
from tests.crash.test_kill import until
from tests.servers.app_processes import Running

SLOW = 3.0  # seconds that the network and the job take


def test_told_to_stop_each_process_ends_what_it_has_in_hand(tmp_path: Path) -> None:
    sink, running = Sink(SLOW), Running(tmp_path, {})
    try:
        running.upgrade()
        running.start("publisher", "worker")
        app = running.application()
        with app.app_context(), across_organizations("a test looks at everything"):
            where = crowd.plant(sink.url, 4)
            crowd.schedule(where, 4, clock.now(), timedelta())
            assert queue.enqueue("app.publishing.jobs.publish", on="publish")
            assert queue.enqueue("time.sleep", SLOW, on="default")
            publisher, worker = (running.children[name] for name in ("publisher", "worker"))
            until(lambda: len(sink.came) == 4 and bool(_children(worker.pid)))
            told = time.monotonic()
            for _ in range(2):
                for pid in (publisher.pid, worker.pid, *_children(worker.pid)):
                    os.kill(pid, signal.SIGTERM)
            assert [child.wait(25) for child in (publisher, worker)] == [0, 0]
            assert time.monotonic() - told > SLOW / 2, "nobody had anything in hand"
            with read_only():
                states = set(db.session.scalars(db.select(Delivery.state)))
                tries = set(db.session.scalars(db.select(Attempt.state)))
            assert (states, tries) == ({"published"}, {"accepted"})
            assert queue.queue("default").failed_job_registry.count == 0
            db.engine.dispose()
    finally:
        running.stop()
        sink.stop()


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
