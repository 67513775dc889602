"""Error reports: the one way from each edge (pages, jobs, engine, commands) to Sentry."""

import inspect
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import click
import structlog
from flask import has_app_context, has_request_context, request, session
from sqlalchemy.exc import SQLAlchemyError

from app.db import db, read_only
from app.telemetry import gates, ledger, people, shape

log = structlog.get_logger(__name__)
FLUSH = 3.0  # seconds that a process which is about to end waits for its report


def report(
    error: BaseException,
    kind: str = "web",
    place: str = "",
    *,
    status: int | None = None,
    concerns: int | None = None,
) -> None:
    """Tell Sentry that something broke, and where. Ends the transaction at hand, which has failed.

    A report concerns whoever's request it is, or `concerns`. When that person objected, when they
    can't be asked or when the ledger can't be written, it is not sent."""
    client = gates.state().sentry
    if client is None:
        return
    db.session.rollback()
    person_id, method = concerns, None
    if has_request_context():
        place, method = request.endpoint or "", request.method
        person_id = _asker()
    try:
        if person_id is not None and _objects(person_id):
            return
        with ledger.about(person_id):
            client.capture_event(shape.describe(error, kind, place, method, status))  # type: ignore[arg-type]
    except SQLAlchemyError as trouble:
        log.warning("telemetry.report_kept_back", trouble=type(trouble).__name__)


def _asker() -> int | None:
    """Who the present request is from, without asking the database: it may be what broke."""
    named = session.get("_user_id")
    return int(named) if named else None


def _objects(person_id: int) -> bool:
    with read_only(), db.engine.connect() as connection:
        objected = people.objected_at(person_id, connection) is not None
    return objected or gates.state().restricts(person_id)


def object_to_reports(person_id: int, since: datetime | None) -> None:
    """From now on no report that concerns this person is sent; None takes the objection back."""
    people.set_for(person_id, objected_at=since)


def report_job(job: Any, _: Any, error: BaseException, __: Any) -> bool:
    """For RQ: a job failed. It concerns the person whose id it was given as `user_id`."""
    report(error, "job", job.func_name, concerns=_person_of(job))
    flush()
    return True  # RQ's own handling goes on


def _person_of(job: Any) -> int | None:
    try:
        given = inspect.signature(job.func).bind(*job.args, **job.kwargs).arguments
    except (AttributeError, ImportError, TypeError, ValueError):
        return None  # a job of another version; that is what broke it
    return given.get("user_id")


def watch(group: click.Group, before: str = "") -> None:
    """Have every command report what breaks it, then break as it would have."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            watch(command, f"{before}{name} ")
        elif command.callback and not hasattr(command.callback, "is_watched"):
            command.callback = _reporting(command.callback, before + name)


def _reporting(callback: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(callback)
    def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # a word to whoever typed it, not a fault
        except Exception as error:
            if has_app_context():
                report(error, "command", name)
                flush()
            raise

    watched.is_watched = True  # type: ignore[attr-defined]
    return watched


def flush() -> None:
    if client := gates.state().sentry:
        client.flush(FLUSH)
