"""How workers tell of a job that failed: by kind and place. The words of an exception hold addresses
and what people wrote; RQ would log them and keep them in the queue for a day."""

import signal
import sys
import threading
from typing import Any

import rq
import structlog
from rq.job import Job
from rq.job_lifecycle import call_exception_handlers
from rq.worker.base import BaseWorker

from app.logs import places

LAST_JOB = 20.0  # seconds that it may take once we are told to stop
log = structlog.get_logger(__name__)


class Discreet(BaseWorker):
    """Stands before one of RQ's own workers among the bases."""

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        log.error("job.failed", job=job.id, exc_info=exc_info[1])
        call_exception_handlers(self._exc_handlers, job, *exc_info)

    def handle_job_failure(
        self,
        job: Job,
        queue: rq.Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Any = None,
    ) -> None:
        error = sys.exc_info()[1]  # none when the process of the job was killed
        told = "\n".join(places(error)) if error else exc_string
        super().handle_job_failure(job, queue, started_job_registry, told, execution)


class Worker(Discreet, rq.Worker):
    """Works in a process per job. Told to stop, it takes no further one, and the one in hand has time
    to come to its end, though some platforms tell every process of ours: whoever dies over the renewal
    of a key that changes with each use has lost the connection."""

    def setup_work_horse_signals(self) -> None:
        """In the process of the job: the worker says when it must end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def request_stop(self, signum: int, frame: Any) -> None:
        last = threading.Timer(LAST_JOB, self.kill_horse)
        last.daemon = True
        last.start()
        super().request_stop(signum, frame)

    def request_force_stop(self, signum: int, frame: Any) -> None:
        self.log.info("Told to stop again; the job in hand is being finished")
