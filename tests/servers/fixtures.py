"""Real servers as fixtures."""

import os
from collections.abc import Iterator

import pytest

from tests.servers import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this test process's own."""
    with postgres.database(f"t_{os.getpid()}") as url:
        yield url
