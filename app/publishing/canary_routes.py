"""The wall of the engine's own test posts: the sandbox's API for one wall that nobody sees."""

import hmac

from flask import Blueprint, Response, abort, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from app import clock
from app.db import db
from app.publishing import canary
from app.sandbox.routes import say_error
from app.web import csrf, public, unaudited

bp = Blueprint("canary", __name__, url_prefix=f"/sandbox/api/walls/{canary.SLUG}")
bp.register_error_handler(HTTPException, say_error)
csrf.exempt(bp)  # a bearer token, no cookies


@bp.put("/posts/<key>")
@public
@unaudited("asked by the publisher about its own test post; nobody's data")
def put_post(key: str) -> Response:
    """Writes down when the test post came; 401 without this instance's own key."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), canary.key().encode()):
        abort(401)
    sent = request.get_json(silent=True)
    text = str(sent.get("text", "")) if isinstance(sent, dict) else ""
    if not (text.isdecimal() and len(text) < 10) or not canary.arrived(int(text), clock.now()):
        abort(404)
    db.session.commit()
    base = current_app.config["SETTINGS"].base_url
    return jsonify(id=key, url=f"{base}/sandbox/{canary.SLUG}", created=True)
