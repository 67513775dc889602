"""A stage for directed faults."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from app import storage
from app.db import db
from app.publishing import gaps
from app.scope import across_organizations
from tests.chaos.scene import Scene, scene
from tests.guards import unguarded
from tests.rows import empty

Play = Callable[[str], Scene]


@pytest.fixture(scope="module")
def rehearsed(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hundreds of publishers are forked from here: what each would compile, one has compiled before."""
    with app.app_context(), across_organizations("a test looks at everything"):
        with scene(app, tmp_path_factory.mktemp("rehearsal"), "list") as stage:
            stage.write("canary One", "canary Two")
            stage.write("canary Three", channel=stage.connect("other"))
            stage.shifts.rehearse(("publish", "lose"))
            stage.go(91)
            stage.sweep()
            stage.shifts.rehearse()
        db.session.remove()
        with db.engine.begin() as connection, unguarded(connection):
            empty(connection)
    gc.collect()
    gc.freeze()  # nor does each look for garbage in what all share


@pytest.fixture
def play(app: Flask, rehearsed: None, db: object, tmp_path: Path) -> Iterator[Play]:
    """Opens a scene on a network of that class."""
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(scene(app, tmp_path, kind))
    storage.discard(gaps.MARK)
