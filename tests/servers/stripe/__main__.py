"""`python -m tests.servers.stripe PORT HOOK FILE`: the stand-in beside `make run BILLING=local`."""

import signal
import sys
import threading
from pathlib import Path

from tests.servers.stripe.server import StripeStandIn


def main() -> None:
    port, hook, kept = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stand_in = StripeStandIn(hook, port=port, keep_in=kept)
    print(f"Stand-in for Stripe, no money moves: {stand_in.url}", flush=True)
    stopping.wait()
    stand_in.stop()


if __name__ == "__main__":
    main()
