"""Collects which tests prove which promise, and writes the result file that /privacy/promises
shows: `make test` leaves it as evidence.json (pytest --evidence FILE).

A test says what it proves: @pytest.mark.proves("P5.1"), or proves("P7.1", double=True) when it runs
against a double instead of the real thing. What it measured goes along: figure("score", "3 of 3")."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

RESULTS = pytest.StashKey[dict[str, list[dict[str, Any]]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--evidence", metavar="FILE", help="write what proves which promise")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proves(id, double=False): this test proves that promise")
    config.stash[RESULTS] = {}


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """Puts a name and a value beside the proof, for /privacy/promises to show."""
    return lambda name, value: record_property("figure", [name, value])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("proves"):
            for id in mark.args:
                item.user_properties.append(("proves", [id, mark.kwargs.get("double", False)]))


class Collector:
    """Lives in the process that hears all reports, also those of xdist's workers."""

    def __init__(self, config: pytest.Config) -> None:
        self.results = config.stash[RESULTS]
        self.target: str | None = config.getoption("--evidence")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        figures = [value for name, value in report.user_properties if name == "figure"]
        for name, value in report.user_properties:
            if name == "proves":
                id, double = value  # type: ignore[misc]
                row = {"test": report.nodeid, "outcome": report.outcome, "double": double}
                row |= {"figures": figures} if figures else {}
                self.results.setdefault(str(id), []).append(row)

    def pytest_sessionfinish(self) -> None:
        if self.target:
            Path(self.target).write_text(json.dumps(self.evidence(), indent=1, sort_keys=True))

    def evidence(self) -> dict[str, Any]:
        return {
            "build": build(),
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "results": {id: list(self.that_count(id)) for id in self.results},
        }

    def that_count(self, id: str) -> Iterator[dict[str, Any]]:
        """Without what was skipped on one database and ran on the other: a proof of Postgres' locks
        runs on Postgres only. One that ran nowhere counts, as not passed."""
        ran = {name_of(row) for row in self.results[id] if row["outcome"] != "skipped"}
        for row in self.results[id]:
            if row["outcome"] != "skipped" or name_of(row) not in ran:
                yield row


def name_of(row: dict[str, Any]) -> str:
    return str(row["test"]).split("[")[0]


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Collector(session.config), "proof-collector")


def build() -> str:
    try:
        git = ["git", "describe", "--always", "--dirty"]
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
