"""Jobs and commands begin with nobody's things, as in a process of their own, though the test
around them looks at everything."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import getmembers, isfunction
from types import ModuleType
from typing import Any

from flask.testing import FlaskCliRunner

import app
from app import scope


@contextmanager
def of_its_own() -> Iterator[None]:
    token = scope.begin()
    try:
        yield
    finally:
        scope.end(token)


class Runner(FlaskCliRunner):
    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        with of_its_own():
            return super().invoke(*args, **kwargs)


def jobs() -> Iterator[tuple[ModuleType, str, Callable[..., Any]]]:
    """Everything that a worker may be told to do."""
    for found in pkgutil.walk_packages(app.__path__, "app."):
        if found.name.endswith(("jobs", "_jobs")):
            module = importlib.import_module(found.name)
            for name, value in getmembers(module, isfunction):
                if value.__module__ == module.__name__ and not name.startswith("_"):
                    yield module, name, value


def isolate_jobs() -> None:
    """Once per process of tests."""
    for module, name, job in list(jobs()):
        setattr(module, name, _isolated(job))


def _isolated(job: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(job)
    def run(*args: Any, **kwargs: Any) -> Any:
        with of_its_own():
            return job(*args, **kwargs)

    return run
