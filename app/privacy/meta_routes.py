"""Where Meta calls us. No cookies count here, so no CSRF token is asked for: the signature is
the proof."""

from datetime import datetime

import structlog
from flask import Blueprint, Response, abort, current_app, jsonify, request

from app import audit, clock, queue
from app.db import db
from app.privacy import meta, request_jobs
from app.web import csrf, public

bp = Blueprint("meta", __name__, url_prefix="/privacy/meta")
csrf.exempt(bp)
log = structlog.get_logger(__name__)


@bp.post("/deletion")
@public
def deletion() -> Response:
    """Answers with the page that shows the state of the deletion, and its code."""
    found = meta.ask_for_deletion(_signed(clock.now()), clock.now())
    code, id = found.code, found.id
    audit.record("request.made", request=id)
    db.session.commit()
    queue.enqueue(request_jobs.tell_desk, id, on="default")
    base = current_app.config["SETTINGS"].base_url
    return jsonify(url=f"{base}/privacy/requests/{code}", confirmation_code=code)


@bp.post("/deauthorize")
@public
def deauthorize() -> Response:
    concerned = meta.deauthorize(_signed(clock.now()), clock.now())
    audit.record("network.left", channels=concerned)
    db.session.commit()
    return jsonify(status="done")


def _signed(now: datetime) -> meta.Signed:
    secrets = meta.secrets_of(current_app.config["SETTINGS"])
    if not secrets:
        abort(404)
    try:
        return meta.read(request.form.get("signed_request", "")[: meta.MOST], secrets, now)
    except meta.NotSigned:
        log.warning("meta.not_signed", endpoint=request.endpoint)
        abort(400)
