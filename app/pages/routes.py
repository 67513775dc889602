"""The front door, health, and the well-known files."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify, redirect
from flask_login import current_user
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from app import clock, queue
from app.db import db
from app.web import page, public, see

bp = Blueprint("pages", __name__)


@bp.get("/")
@public
def home() -> BaseResponse:
    if current_user.is_authenticated:
        return see("scheduler.calendar")
    return page("pages/home.html", "main")


@bp.get("/health/live")
@public
def live() -> Response:
    """This process answers; the database is not asked, so that its hiccup restarts nobody."""
    return jsonify(status="live")


@bp.get("/health/ready")
@public
def ready() -> BaseResponse:
    """Ready for people: the database answers. Without the queue it is degraded, not down."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return Response('{"status": "no database"}', 503, mimetype="application/json")
    return jsonify(status="ready" if queue.is_reachable() else "degraded")


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """RFC 9116; only with the contact of the operator of this instance."""
    settings = current_app.config["SETTINGS"]
    if not settings.operator_email:
        return Response(
            "This instance's operator has not said who they are.\n", 404, mimetype="text/plain"
        )
    expires = (clock.now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: mailto:{settings.operator_email}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/.well-known/gpc.json")
@public
def gpc() -> Response:
    """Global Privacy Control (W3C): we honour it; nothing is sold or shared to begin with."""
    return jsonify(gpc=True, lastUpdate=current_app.config["POLICY_VERSION"])


@bp.get("/.well-known/change-password")
@public
def change_password() -> BaseResponse:
    """Where password managers send people (W3C)."""
    return redirect("/account/security", 302)


@bp.get("/robots.txt")
@public
def robots() -> Response:
    return Response(
        "User-agent: *\nDisallow: /sandbox/\nDisallow: /posts/\n", mimetype="text/plain"
    )


@bp.get("/favicon.ico")
@public
def favicon() -> BaseResponse:
    return redirect("/static/favicon.svg", 301)
