"""What an error report may hold: names that stand in the running code, and numbers. Nothing that a
person typed is the name of a module, a function, a class, a route or a command of ours."""

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from uuid import uuid4

import click
from flask import current_app

from app import clock
from app.config import Settings

KINDS = frozenset({"web", "job", "command", "engine"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MOST_FRAMES, MOST_CAUSES = 50, 5
UNKNOWN = "unknown"


def describe(
    error: BaseException, kind: str, place: str, method: str | None, status: int | None
) -> dict[str, Any]:
    """The report of an error; `rebuild` has the last word on it."""
    return {
        "event_id": uuid4().hex,
        "timestamp": int(clock.now().timestamp()),
        "transaction": place,
        "tags": {"kind": kind, "method": method, "status": status},
        "exception": {"values": [_told(one) for one in reversed(list(_causes(error)))]},
    }


def rebuild(event: dict[str, Any], person: str | None = None) -> dict[str, Any]:
    """A new event from what is allowed in this one; everything else stays behind. `person` is the
    pseudonym of whom it concerns, whatever the event says."""
    settings: Settings = current_app.config["SETTINGS"]
    built: dict[str, Any] = {
        "event_id": _hex(event.get("event_id")),
        "timestamp": int(clock.now().timestamp()),
        "platform": "python",
        "level": "error",
        "environment": settings.app_env,
        "release": settings.release,
        "transaction": _place(event.get("transaction")),
        "tags": _tags(_table(event.get("tags"))),
        "exception": {"values": [_exception(one) for one in _exceptions(event)]},
    }
    return built | ({"user": {"id": person}} if person else {})


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, what caused that."""
    present: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if present is None:
            return
        yield present
        silent = present.__suppress_context__
        present = present.__cause__ or (None if silent else present.__context__)


def _told(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    frames = list(_frames(error.__traceback__))[-MOST_FRAMES:]
    return {
        "module": kind.__module__,
        "type": kind.__qualname__,
        "stacktrace": {"frames": frames},
    }


def _frames(traceback: TracebackType | None) -> Iterator[dict[str, Any]]:
    while traceback:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__")
        if _is_ours(module):
            yield {"module": module, "function": code.co_qualname, "lineno": traceback.tb_lineno}
        traceback = traceback.tb_next


def _exceptions(event: dict[str, Any]) -> list[dict[str, Any]]:
    values = _table(event.get("exception")).get("values")
    return [_table(one) for one in values[-MOST_CAUSES:]] if isinstance(values, list) else []


def _exception(raw: dict[str, Any]) -> dict[str, Any]:
    module, name = raw.get("module"), raw.get("type")
    kind = _look_up(module, name)
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    frames = _table(raw.get("stacktrace")).get("frames")
    return {
        "module": module if known else UNKNOWN,
        "type": name if known else UNKNOWN,
        "stacktrace": {"frames": [_frame(one) for one in frames or [] if _is_frame(one)]},
    }


def _is_frame(raw: Any) -> bool:
    return isinstance(raw, dict) and _is_ours(raw.get("module")) and type(raw.get("lineno")) is int


def _frame(raw: dict[str, Any]) -> dict[str, Any]:
    """What is defined inside a function goes by the function's name; the line tells the rest."""
    function = str(raw.get("function")).split(".<locals>")[0]
    known = function == "<module>" or _look_up(raw["module"], function) is not None
    return {
        "module": raw["module"],
        "function": function if known else UNKNOWN,
        "lineno": raw["lineno"],
        "in_app": True,
    }


def _place(name: Any) -> str:
    """A route's endpoint, a job's function or a command, if we have one of that name."""
    if not isinstance(name, str):
        return UNKNOWN
    module, _, function = name.rpartition(".")
    known = name in current_app.view_functions or name in set(_commands(current_app.cli))
    is_job = _is_ours(module) and callable(_look_up(module, function))
    return name if known or is_job else UNKNOWN


def _commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        yield before + name
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")


def _tags(raw: dict[str, Any]) -> dict[str, str]:
    kind, method, status = raw.get("kind"), raw.get("method"), raw.get("status")
    tags = {"kind": kind} if kind in KINDS else {}
    if method is not None:
        tags["method"] = method if method in METHODS else UNKNOWN
    if str(status) in {str(number) for number in range(100, 600)}:
        tags["status"] = str(status)
    return tags


def _is_ours(module: Any) -> bool:
    """A module of this application that is loaded."""
    if not isinstance(module, str) or module not in sys.modules:
        return False
    return module == "app" or module.startswith("app.")


def _look_up(module: Any, name: Any) -> Any:
    """What a loaded module holds under this (dotted) name; None when nothing."""
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in str(name).split("."):
        found = getattr(found, part, None)
    return found


def _hex(text: Any) -> str:
    is_id = isinstance(text, str) and len(text) == 32 and set(text) <= set("0123456789abcdef")
    return str(text) if is_id else uuid4().hex


def _table(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}
