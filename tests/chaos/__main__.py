"""`make chaos N=1000 SEED=1`: half of the posts on SQLite, half on Postgres; 1 on a violation."""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.chaos import Day, application
from tests.chaos.invariants import NAMES, nothing
from tests.servers import postgres


def main(count: int, seed: int) -> int:
    found, started = nothing(), time.monotonic()
    deaths = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {
            f"sqlite:///{folder}/chaos.db": count - count // 2,
            stack.enter_context(postgres.database(f"chaos_{time.time_ns()}")): count // 2,
        }
        for place, (url, part) in enumerate(urls.items()):
            day = Day(application(folder, url), folder, part, 2 * seed + place)
            for name, what in day.run().items():
                found[name] += what
            deaths += day.deaths
    for name, words in NAMES.items():
        print(f"{name} {words}: {len(found[name])} violations of {count}")
        for line in found[name][:5]:
            print(f"   {line}")
    print(f"seed {seed}, publisher died {deaths} times, {time.monotonic() - started:.0f} s")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
