"""Logs on stdout: JSON in production, lines in development; ids and kinds, never text or tokens."""

import logging
import re
import sys
from pathlib import Path
from traceback import walk_tb

import structlog
from structlog.typing import EventDict, Processor

ROOT = f"{Path(__file__).resolve().parent.parent}/"
LIBRARIES = ("gunicorn.error", "rq.worker")  # those that would set up a handler of their own


def set_up(*, as_json: bool) -> None:
    """In development an exception is told with its words; local variables are never shown."""
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json:
        shared.append(_keep_places)
        _take_over_libraries()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def places(error: BaseException) -> list[str]:
    """Where it was raised and what it is, its cause before it; its words may hold what people wrote."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    told = places(cause) if cause else []
    for frame, line in walk_tb(error.__traceback__):
        code = frame.f_code
        file = code.co_filename.removeprefix(ROOT).rpartition("site-packages/")[2]
        told.append(f"{file}:{line} {code.co_name}")
    return [*told, type(error).__qualname__]


def _keep_places(_: object, __: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error and not isinstance(error, BaseException):
        error = (sys.exc_info() if error is True else error)[1]
    if error:
        event["places"] = places(error)
    return event


class Library(logging.Handler):
    """What a library says, in our form and without values: they hold addresses and what was sent."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg if isinstance(record.msg, str) else type(record.msg).__qualname__
        words = said if record.args else re.split("[:=\n]", said)[0]
        args = record.args if isinstance(record.args, tuple) else ()
        structlog.get_logger().log(
            record.levelno,
            "library.said",
            library=record.name,
            words=words,
            numbers=[value for value in args if isinstance(value, int)],
            exc_info=record.exc_info,
        )


def _take_over_libraries() -> None:
    for name in ("", *LIBRARIES):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [Library()], False
