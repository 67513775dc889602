"""Error pages: plain words, nothing internal, and what the person had typed."""

from typing import cast

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.db import db
from app.returning import ask_to_sign_in, typed_fields

log = structlog.get_logger(__name__)

WORDS = {
    400: ("That did not arrive as it should", "Something in the request was not understood."),
    403: ("Not yours to do", "Your role does not allow this."),
    404: ("Nothing here", "This page does not exist, or it is not yours to see."),
    405: ("Not that way", "This address does not take that kind of request."),
    413: ("Too large", "That is more than one request may carry."),
    429: ("A little slower", "Too many requests came from here. Try again in a minute."),
    500: ("That was our mistake", "Something went wrong on our side. It has been noted."),
    503: ("Back in a moment", "The database can't be reached. Keep this page and try again."),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _error)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(Exception, _bug)


def _error(error: HTTPException) -> BaseResponse:
    if error.response is not None:
        return cast(Response, error.response)
    status = error.code or 500
    own_words = error.description if status in (403, 409, 422) else None
    return render_error(status, own_words)


def render_error(status: int, own_words: str | None = None) -> Response:
    title, words = WORDS.get(status, WORDS[400 if status < 500 else 500])
    readable = {} if status == 413 else typed_fields()  # too large a form is not read at all
    typed = {name: "\n".join(values) for name, values in readable.items()}
    html = render_template(
        "errors/error.html",
        status=status,
        title=title,
        words=own_words or words,
        typed={name: text for name, text in typed.items() if text.strip()},
        back_url=_back(),
    )
    return make_response(html, status)


def _stale_form(error: CSRFError) -> BaseResponse:
    if not current_user.is_authenticated and request.endpoint:
        view = current_app.view_functions[request.endpoint]
        if getattr(view, "permission", None) is not None:
            return ask_to_sign_in()
    return render_error(
        403, "The form was too old or came from another place. Go back, reload, and send it again."
    )


def _bug(error: Exception) -> BaseResponse:
    """A bug is noted with its place, and told without its inside; a lost database is a 503."""
    db.session.rollback()
    log.exception("request.failed", endpoint=request.endpoint, kind=type(error).__name__)
    g.without_person = True
    return render_error(503 if isinstance(error, OperationalError) else 500)


def _back() -> str:
    return request.path if request.method == "POST" else "/"
