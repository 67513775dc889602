"""The RQ worker that publishes: in one process, so that connections and imports are kept, and told
to stop it claims nothing more and finishes what is in flight (SIGTERM may come twice)."""

import threading
from typing import Any

from rq import SimpleWorker

from app.workers import Discreet

_stop = threading.Event()


def is_stopping() -> bool:
    return _stop.is_set()


class Publisher(Discreet, SimpleWorker):
    """Stops claiming at the first signal; a second one changes nothing, the lease covers us."""

    def request_stop(self, signum: int, frame: Any) -> None:
        if not _stop.is_set():
            _stop.set()
            super().request_stop(signum, frame)

    def request_force_stop(self, signum: int, frame: Any) -> None:
        self.log.info("Told to stop again; what is in flight is being finished")
