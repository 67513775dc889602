"""What must be true before an instance serves. Each failure names what is wrong and its mend;
settings themselves are checked in config.py, and `flask doctor` looks at everything."""

import structlog
from flask import Flask
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app import queue, schema
from app.config import BadSettings, Settings
from app.db import db

log = structlog.get_logger(__name__)


def check_application(app: Flask) -> None:
    """Raises BadSettings when production would run with a door left open."""
    settings: Settings = app.config["SETTINGS"]
    if not settings.is_production:
        return
    faults = []
    if app.debug:
        faults.append("FLASK_DEBUG: it shows the inside to everybody; remove it.")
    if app.config.get("LOGIN_DISABLED"):
        faults.append("LOGIN_DISABLED: everybody would be signed in; remove it.")
    if not app.config.get("WTF_CSRF_ENABLED", True):
        faults.append("WTF_CSRF_ENABLED: forms of other sites would count; remove it.")
    if app.testing:
        faults.append("TESTING: errors would be raised instead of shown; remove it.")
    _refuse(faults)


def check_services(app: Flask) -> None:
    """Before the web serves: the schema is there, the queue forgets nothing. Raises BadSettings."""
    with app.app_context():
        faults = [*_schema(), *_queue()]
        db.engine.dispose()  # workers are forked from here and open connections of their own
    _refuse(faults)


def _schema() -> list[str]:
    try:
        standing = schema.look()
    except SQLAlchemyError as trouble:
        name = type(trouble).__name__
        return [f"DATABASE_URL: the database can't be reached ({name}); start it, or correct it."]
    if standing.is_behind:
        return [
            f"DATABASE_URL: its schema is at {standing.present}, this version wants"
            f" {standing.wanted}; run flask --app wsgi db upgrade."
        ]
    if standing.present != standing.wanted:
        log.warning("schema.newer", present=standing.present, wanted=standing.wanted)
    return []


def _queue() -> list[str]:
    """Away is no reason to stop: posts go out without it. One that forgets is."""
    try:
        policy = queue.eviction()
    except RedisError as trouble:
        log.warning("queue.unreachable", job="boot", trouble=type(trouble).__name__)
        return []
    if policy in (queue.NO_EVICTION, queue.HIDDEN):
        return []
    return [
        f"REDIS_URL: its maxmemory-policy is {policy}, so it may drop jobs; set it to noeviction."
    ]


def _refuse(faults: list[str]) -> None:
    if faults:
        raise BadSettings("\n  ".join(["AllStac can't start; mend this:", *faults]))
