"""Passwords and codes hash for next to nothing in this process; a test of the real hash asks for it."""

import pytest
from argon2 import PasswordHasher

from app.account import hashing

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
EASY = {"hasher": CHEAP, "NOBODY": CHEAP.hash("nobody"), "ROUNDS": 1, "KIBIBYTES": 8}
REAL = {name: getattr(hashing, name) for name in EASY}


def pytest_configure() -> None:
    for name, value in EASY.items():
        setattr(hashing, name, value)


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production."""
    for name, value in REAL.items():
        monkeypatch.setattr(hashing, name, value)
