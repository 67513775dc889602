"""Memory of each kind of process after it served, beside a bare Flask + SQLAlchemy process.

Proportional set size (PSS): pages that several processes share are counted once, in parts."""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.bench import Figure
from tests.servers.app_processes import running

BARE = "import flask, flask_sqlalchemy, sys; print('up', flush=True); sys.stdin.read()"


def measure(folder: Path) -> list[Figure]:
    with running(folder, seed=True) as processes:
        for _ in range(20):
            with urllib.request.urlopen(f"{processes.url}/privacy") as answer:
                answer.read()
        time.sleep(3)
        found = {name: _of_tree(child.pid) for name, child in processes.children.items()}
        floor = _bare()
    return [Figure(f"memory of {name}", size, "MiB", floor) for name, size in found.items()]


def _bare() -> float:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", BARE], stdin=pipe, stdout=pipe) as child:
        assert child.stdout
        assert child.stdin
        child.stdout.readline()
        size = _of_tree(child.pid)
        child.stdin.close()
    return size


def _of_tree(pid: int) -> float:
    """MiB of a process and all of its children."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_of_tree(int(child)) for child in children)
