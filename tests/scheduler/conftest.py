"""A day that stands still, and what the routes ring for, noted instead of rung."""

from datetime import datetime
from typing import Any

import pytest

from app import clock, queue
from tests import make


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    """Names and arguments of jobs."""
    heard: list[tuple[str, tuple[object, ...]]] = []

    def note(job: Any, *args: object, on: str) -> bool:
        heard.append((getattr(job, "__name__", str(job)), args))
        return True

    monkeypatch.setattr(queue, "enqueue", note)
    return heard


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A Tuesday, noon in UTC and one in Berlin, where Alice lives."""
    monkeypatch.setattr(clock, "now", lambda: make.NOON)
    return make.NOON
