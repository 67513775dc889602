"""Versions of the policy, each readable for good, with what changed word by word."""

from typing import Any

from flask import Flask, Response, abort

from app import clock
from app.privacy import versions as texts
from app.privacy.routes import bp
from app.web import page, public


def init_app(app: Flask) -> None:
    app.context_processor(_announced)


def _announced() -> dict[str, Any]:
    return {"announced_policy": texts.announced(clock.now().date())}


@bp.get("/privacy/versions")
@public
def versions() -> Response:
    newest_first = list(reversed(texts.published()))
    today = clock.now().date()
    return page("privacy/versions.html", "versions", versions=newest_first, today=today)


@bp.get("/privacy/versions/<name>")
@public
def version(name: str) -> Response:
    known = texts.published()
    place = next((n for n, one in enumerate(known) if one.name == name), None)
    if place is None:
        abort(404)
    changed = texts.changes(known[place - 1], known[place]) if place else []
    return page("privacy/version.html", "version", version=known[place], changes=changed)
