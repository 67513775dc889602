"""Finds which test notices that a condition is gone, for named.py:

    python -m tests.mutants.finding FILE tests/billing …    FILE: a condition's name on each line

Each test is run once, to see at which conditions it looks; then again without each of these, until one
of the tests has failed. Prints what named.py has to say, and what no test noticed."""

import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.conditions import conditions, judged
from tests.mutants.killing import Killing

TRIES = 12  # tests for one condition


class Finding(Killing):
    """A plugin of pytest, as the one that kills."""

    def __init__(self, wanted: set[str]) -> None:
        super().__init__({})
        self.wanted, self.tries = wanted, Counter[str]()
        self.noticed: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        looked: set[str] = set()
        open_ones = [one for one in conditions() if self._is_open(one.name)]

        def note(name: str, held: Any) -> Any:
            looked.add(name)
            return held

        with judged([one for one in open_ones if one.is_asked_anew], note):
            is_sound = not self._fails(item, "")
        for name in sorted(looked) if is_sound else ():
            self.tries[name] += 1
            if self._fails(item, name):
                self.noticed[name] = item.nodeid.partition("[")[0]
                print(f"\n{self.noticed[name]} notices {name}", file=sys.stderr, flush=True)
        item.session._setupstate.teardown_exact(nextitem)
        return True

    def _is_open(self, name: str) -> bool:
        return name in self.wanted and name not in self.noticed and self.tries[name] < TRIES


def main(file: str, *places: str) -> None:
    wanted = {line.strip() for line in Path(file).read_text().splitlines() if line.strip()}
    finding = Finding(wanted)
    pytest.main(["-q", "-p", "no:cacheprovider", *places], plugins=[finding])
    by_test: dict[str, list[str]] = defaultdict(list)
    for name, test in sorted(finding.noticed.items()):
        by_test[test].append(name)
    for test, names in sorted(by_test.items()):
        print(test, *names, sep="\n    ")
    for name in sorted(wanted - finding.noticed.keys()):
        print(f"nobody noticed, of {finding.tries[name]}: {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
