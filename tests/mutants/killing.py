"""Runs named tests under mutants, in a process of its own:

    python -m tests.mutants.killing FILE    FILE: {"mutant": "tests/…::test_…"} as JSON

Each test has to pass first and to fail then. What is mutated is only the test's call, not what makes
its world. Prints a line for each mutant that the test did not notice."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from flask import current_app

from tests.mutants.conditions import conditions, removed
from tests.mutants.permissions import openings

LEFT, UNSOUND = "left: ", "fails without any mutant: "
ROOT = Path(__file__).resolve().parents[2]


def survivors(named: Mapping[str, str], folder: Path) -> list[str]:
    """The mutants that their tests do not notice; what went wrong with a test."""
    if not named:
        return []
    wanted = folder / "mutants.json"
    wanted.write_text(json.dumps(dict(named)))
    command = [sys.executable, "-m", "tests.mutants.killing", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    lines = done.stdout.splitlines()
    assert "all were tried" in lines, done.stdout[-3000:] + done.stderr[-3000:]
    return [line for line in lines if line.startswith((LEFT, UNSOUND))]


class Killing:
    """A plugin of pytest. On SQLite, where no second lock helps."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self.named, self.left = named, dict(named)
        self.mutant = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "postgres" not in item.name]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        name = item.nodeid.partition("[")[0]
        if self._fails(item, ""):
            print(UNSOUND + item.nodeid)
        for mutant in [one for one, test in self.left.items() if test == name]:
            if self._fails(item, mutant):
                del self.left[mutant]
        item.session._setupstate.teardown_exact(nextitem)
        if nextitem is None:
            print("\n".join([*(LEFT + one for one in self.left), "all were tried"]))
        return True

    def _fails(self, item: Any, mutant: str) -> bool:
        self.mutant = mutant
        if getattr(item, "_request", None) is False:
            item._initrequest()
        parent: Any = item.parent  # its fixtures stay, those of the test go
        return any(one.failed for one in runtestprotocol(item, log=False, nextitem=parent))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        with mutant(self.mutant) if self.mutant else nullcontext():
            return (yield)


def mutant(name: str) -> AbstractContextManager[Any]:
    """A condition that is gone, or a door that stands open."""
    gone = {one.name: removed(one) for one in conditions()}
    if name in gone:
        return gone[name]
    return next(one.stands_open() for one in openings(current_app) if str(one) == name)


if __name__ == "__main__":
    wanted = json.loads(Path(sys.argv[1]).read_text())
    quiet = ["-q", "-s", "-m", "", "-p", "no:cacheprovider", *sorted(set(wanted.values()))]
    sys.exit(pytest.main(quiet, plugins=[Killing(wanted)]))
