"""`make chaos N=1000 SEED=1`: days of some hundred posts, half of them on SQLite, half on Postgres, side
by side; 1 on a violation."""

import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from tests.chaos import application
from tests.chaos.day import Day
from tests.chaos.invariants import NAMES, NOTES, Violations, nothing
from tests.chaos.telling import figures, histories
from tests.servers import postgres

MOST = 1000  # posts of one day
Told = tuple[Violations, Counter[str], list[str]]


def live(count: int, seed: int, name: str) -> Told:
    """One day on one database; what was violated, what happened, and to whom it went wrong."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder}/chaos.db"
        if name == "postgres":
            made = postgres.database(f"chaos_{seed}_{time.time_ns()}")
            url = stack.enter_context(made)
        day = Day(application(folder, url), folder, count, seed)
        found = day.run()
        happened = Counter(asdict(day.shifts.tally)) + figures(day)
        return dict(found), happened, histories(day, chain(*found.values()))


def main(count: int, seed: int) -> int:
    started = time.monotonic()
    postgres.server_url()
    days = max(2, -(-count // MOST))
    shares = [count // days + (place < count % days) for place in range(days)]
    with ProcessPoolExecutor(2) as pool:
        running = [
            pool.submit(live, share, 1000 * seed + place, ("sqlite", "postgres")[place % 2])
            for place, share in enumerate(shares)
        ]
        told = [one.result() for one in running]
    return report(told, count, seed, time.monotonic() - started)


def report(told: list[Told], count: int, seed: int, seconds: float) -> int:
    found, happened = nothing(), Counter[str]()
    for violations, numbers, _ in told:
        happened += numbers
        for name, what in violations.items():
            found[name] += what
    for name, words in NAMES.items():
        note = f" ({NOTES[name]})" if name in NOTES else ""
        print(f"{name} {words}: {len(found[name])} violations of {count}{note}")
        for line in found[name][:5]:
            print(f"   {line}")
    print("\n".join(line for _, _, lines in told for line in lines))
    print(", ".join(f"{name} {number}" for name, number in sorted(happened.items())))
    print(f"seed {seed}, {len(told)} days, {seconds:.0f} s")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
