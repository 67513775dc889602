"""A clock that tests can set."""

from datetime import datetime, timedelta

import pytest

from app import clock


class Times:
    """Sets what `clock.now()` answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def go(self, **later: float) -> datetime:
        self.now += timedelta(**later)
        return self.now


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    return Times(monkeypatch)
