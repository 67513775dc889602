"""How large a request may be. Gunicorn stops the absurd (gunicorn.conf.py); the rest gets a page."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request

View = TypeVar("View", bound=Callable[..., Any])

MOST_BODY = 2 * 1024 * 1024
MB = 1024 * 1024
MOST_WITH_FILES = 90 * MB  # four pictures of 20 MB and the text, beside a video
MOST_JSON = 256_000
MOST_FIELD = 500_000
MOST_PARTS = 200
MOST_URL = 4096
MOST_HEADERS = 16_384


def takes_files(view: View) -> View:
    """This route's body may carry uploads."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def _most_of(view: object) -> int:
    if not hasattr(view, "takes_files"):
        return MOST_BODY
    return MOST_WITH_FILES + int(current_app.config["SETTINGS"].video_megabytes) * MB


def init_app(app: Flask) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BODY,
        MAX_FORM_MEMORY_SIZE=MOST_FIELD,
        MAX_FORM_PARTS=MOST_PARTS,
    )
    app.before_request(_limit_body)
    app.before_request(_check_head)


def _limit_body() -> None:
    """Uploads are read in pieces and go to disk; JSON is read whole."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.mimetype == "multipart/form-data":
        request.max_content_length = _most_of(view)
    elif request.is_json:
        request.max_content_length = MOST_JSON
    elif request.mimetype == "application/x-www-form-urlencoded" and _has_too_many_fields():
        abort(413)


def _has_too_many_fields() -> bool:
    """The framework counts only those of multipart forms."""
    return request.get_data().count(b"&") >= MOST_PARTS


def _check_head() -> None:
    target = request.environ.get("RAW_URI") or request.full_path
    if len(target) > MOST_URL:
        abort(414)
    if sum(len(name) + len(value) + 4 for name, value in request.headers) > MOST_HEADERS:
        abort(431)


def most_body() -> str:
    """What this route takes at most, in words."""
    most = request.max_content_length or MOST_BODY
    return f"{most // 1000} kB" if most < 1_000_000 else f"{most // 1024 // 1024} MB"
