"""For many sign-ins at once."""

import pytest

from app.account import hashing
from tests.account.crowd import CHEAP


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost next to nothing."""
    monkeypatch.setattr(hashing, "hasher", CHEAP)
    monkeypatch.setattr(hashing, "NOBODY", CHEAP.hash("nobody"))
