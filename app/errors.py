"""Error pages: plain words, nothing internal, and what the person had typed."""

from typing import cast

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.globals import request_ctx
from flask_login import current_user
from flask_wtf.csrf import CSRFError, generate_csrf
from gunicorn.http.errors import ParseException
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app import sizes, telemetry
from app.db import db
from app.origins import safe_path
from app.returning import ask_to_sign_in, typed_fields
from app.web import notice

log = structlog.get_logger(__name__)

WORDS = {
    400: ("That did not arrive as it should", "Something in the request was not understood."),
    403: ("Not yours to do", "Your role does not allow this."),
    404: ("Nothing here", "This page does not exist, or it is not yours to see."),
    405: ("Not that way", "This address does not take that kind of request."),
    409: ("That was overtaken", "It has changed since you opened the page. Look at it again."),
    413: ("Too large", "That is more than one request may carry."),
    414: ("Too long an address", "Addresses here have at most 4,096 characters."),
    422: ("That can't be done as it was sent", "Something in the form does not fit."),
    429: ("A little slower", "Too many requests came from here."),
    431: ("Too much around the request", "Its headers have more than 16 kB. Clearing the cookies of"
          " this site may help."),
    500: ("That was our mistake", "Something went wrong on our side. It has been noted."),
    503: ("Back in a moment", "The database can't be reached. Keep this page and try again."),
}  # fmt: skip
UNREAD = (400, 413)  # statuses whose form nobody looks into
TOO_LONG = "That took longer than 10 seconds and was stopped. Ask for less, or try again later."
TOO_OLD = "The form was too old or came from another place. Nothing was saved."


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _error)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(ParseException, _unreadable)
    app.register_error_handler(Exception, bug)


def _error(error: HTTPException) -> BaseResponse:
    if error.response is not None:
        return cast(Response, error.response)
    if original := getattr(error, "original_exception", None):  # it broke outside of any route
        return bug(original)
    status = error.code or 500
    if status == 413:
        return render_error(413, _too_large())
    own_words = error.description if status in (403, 409, 422) else None
    return render_error(status, own_words, own_title=getattr(error, "title", None))


def _too_large() -> str:
    return (
        f"A request holds at most {sizes.most_body()} here, {sizes.MOST_PARTS} fields and"
        f" {sizes.MOST_FIELD // 1000} kB of text. Nothing was saved; the browser's Back button"
        " brings what you typed."
    )


def render_error(
    status: int,
    own_words: str | None = None,
    *,
    own_title: str | None = None,
    again: str | None = None,
    wait: int = 0,
) -> Response:
    """`again` is the token of a button that sends the same form once more; `wait` are seconds
    after which a page asks for itself again."""
    title, words = WORDS.get(status, WORDS[400 if status < 500 else 500])
    said = {"title": own_title or title, "words": own_words or words}
    if request.headers.get("HX-Request"):
        response = notice(said["words"], status)
    else:
        waiting = wait if request.method == "GET" else 0
        response = make_response(_render(status, **said, again=again, wait=waiting), status)
    if wait:
        _ask_to_wait(response, wait)
    response.vary.add("HX-Request")
    return response


def _render(status: int, **said: object) -> str:
    typed, has_files = _sent(status)
    return render_template(
        "errors/error.html",
        status=status,
        typed=typed,
        has_files=has_files,
        here=safe_path(request.path),
        back_url=_back(status),
        **said,
    )


def _ask_to_wait(response: Response, seconds: int) -> None:
    response.headers["Retry-After"] = str(seconds)  # RFC 9110 10.2.3
    if request.method == "GET" and not request.headers.get("HX-Request"):
        response.headers["Refresh"] = str(seconds)


def _back(status: int) -> str:
    """The page that a button stood on: an action's address begins with that of its thing. Of a thing
    that is not there no page is either."""
    if request.method != "POST" or status == 404:
        return "/"
    path, urls = safe_path(request.path), current_app.url_map.bind("")
    while path != "/" and not urls.test(path, "GET"):
        path = path.rsplit("/", 1)[0] or "/"
    return path


def _sent(status: int) -> tuple[list[tuple[str, str]], bool]:
    """What was typed, field by field, and whether files came with it. What is too large or can't be
    understood is not read again."""
    if status in UNREAD:
        return [], False
    try:
        fields, files = typed_fields(), request.files
    except (HTTPException, ParseException):
        return [], False
    typed = [(name, text) for name, values in fields.items() for text in values if text.strip()]
    return typed, bool(files)


def _stale_form(error: CSRFError) -> BaseResponse:
    if not current_user.is_authenticated and request.endpoint:
        view = current_app.view_functions[request.endpoint]
        if getattr(view, "permission", None) is not None:
            return ask_to_sign_in()
    return render_error(403, TOO_OLD, again=generate_csrf())


def _unreadable(error: ParseException) -> Response:
    """The server met nonsense while it read the body; what came before it is not to be trusted."""
    log.info("request.unreadable", kind=type(error).__name__)
    return render_error(400)


def bug(error: Exception) -> BaseResponse:
    """A bug is noted with its place, and told without its inside; a lost database is a 503."""
    db.session.rollback()
    log.exception("request.failed", endpoint=request.endpoint, kind=type(error).__name__)
    g.without_person = True
    if request_ctx._session is None:  # it could not be opened; the page goes without one
        request_ctx._session = current_app.session_interface.make_null_session(current_app)
    telemetry.report(error, status=503 if isinstance(error, OperationalError) else 500)
    if not isinstance(error, OperationalError):
        return render_error(500)
    words = TOO_LONG if isinstance(error.orig, QueryCanceled) else None
    return render_error(503, words, again=sent_token())


def sent_token() -> str | None:
    """The token that came with a form: it still counts when the trouble is over."""
    try:
        return request.form.get("csrf_token")
    except (HTTPException, ParseException):
        return None
