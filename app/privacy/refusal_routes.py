"""Where the database kept a row that a legal hold names: a person reads why and what can be done, and
the trail says that it was tried."""

import structlog
from flask import Flask, current_app, request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Conflict
from werkzeug.wrappers import Response as BaseResponse

from app import audit
from app.db import db
from app.errors import bug
from app.privacy.hold_guards import refused_table

WORDS = (
    "A legal hold keeps this for now. Nothing was changed or deleted. Who runs this instance can say"
    " more{contact}; once the hold is over, it can be deleted as ever."
)
log = structlog.get_logger(__name__)


class Kept(Conflict):
    title = "Kept for now"


def init_app(app: Flask) -> None:
    app.register_error_handler(IntegrityError, _refuse)


def _refuse(error: IntegrityError) -> BaseResponse:
    table = refused_table(error)
    if table is None:
        return bug(error)
    db.session.rollback()
    log.info("hold.kept", endpoint=request.endpoint, table=table)
    audit.record("hold.kept", table=table, endpoint=request.endpoint)
    db.session.commit()
    address = current_app.config["SETTINGS"].operator_email
    kept = Kept(WORDS.format(contact=f" ({address})" if address else ""))
    return current_app.make_response(current_app.handle_http_exception(kept))
