"""What the routes ring for, noted instead of rung."""

from typing import Any

import pytest

from app import queue


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    """Names and arguments of jobs."""
    heard: list[tuple[str, tuple[object, ...]]] = []

    def note(job: Any, *args: object, on: str) -> bool:
        heard.append((getattr(job, "__name__", str(job)), args))
        return True

    monkeypatch.setattr(queue, "enqueue", note)
    return heard
