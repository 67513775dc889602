"""How long each file of tests takes, so that the longest start first and no process works alone at the
end. `make test T=--measure` writes the file again."""

import csv
from collections import Counter
from pathlib import Path

import pytest

KEPT = Path(__file__).with_name("lengths.csv")
SHORT = 5.0  # seconds; what takes less fills the gaps at the end, in any order


def known() -> dict[str, float]:
    """Seconds by file, in all its databases together."""
    with KEPT.open(newline="") as lines:
        return {file: float(seconds) for file, seconds in csv.reader(lines)}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--measure", action="store_true", help=f"write {KEPT.name} again")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; the rest keeps its order."""
    seconds = known()
    items.sort(key=lambda item: -seconds.get(item.nodeid.partition("::")[0], 0.0))


class Stopwatch:
    """Lives in the process that hears all reports, also those of xdist's workers."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.taken[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]

    def pytest_sessionfinish(self) -> None:
        long = [(file, round(took)) for file, took in self.taken.most_common() if took >= SHORT]
        with KEPT.open("w", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(long)


def pytest_sessionstart(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if session.config.getoption("--measure") and not is_worker:
        session.config.pluginmanager.register(Stopwatch(), "stopwatch")
