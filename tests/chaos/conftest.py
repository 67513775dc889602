"""A stage for directed faults."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from app import storage
from app.publishing import gaps
from tests.chaos.scene import Scene, scene

Play = Callable[[str], Scene]


@pytest.fixture
def play(app: Flask, db: object, tmp_path: Path) -> Iterator[Play]:
    """Opens a scene on a network of that class."""
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(scene(app, tmp_path, kind))
    storage.discard(gaps.MARK)
