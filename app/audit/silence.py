"""A request that changed something and told nobody is a bug: tests fail on it, production logs it."""

import structlog
from flask import Flask, Response, current_app, g, request

SAFE = ("GET", "HEAD", "OPTIONS")
log = structlog.get_logger(__name__)


class Silent(Exception):
    """A route changed something without a line in the audit trail."""


def init_app(app: Flask) -> None:
    """After everything that may turn a request away at the door."""
    app.before_request(_come_in)
    app.after_request(_look_back)


def _come_in() -> None:
    g.came_in = True


def _look_back(response: Response) -> Response:
    if request.method in SAFE or response.status_code >= 400:
        return response
    if not g.get("came_in") or g.get("audited") or is_marked(request.endpoint or ""):
        return response
    log.error("audit.silent", endpoint=request.endpoint)
    if current_app.config["SETTINGS"].app_env == "test":
        raise Silent(f"{request.endpoint}: call audit.record or mark the view as unaudited")
    return response


def is_marked(endpoint: str) -> bool:
    """Says the view itself that nothing it does is worth a line?"""
    return hasattr(current_app.view_functions.get(endpoint), "unaudited")
