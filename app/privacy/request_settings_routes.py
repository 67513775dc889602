"""My requests about privacy: the same desk as for everybody, without the detour of a mailed link."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import limits
from app.account.forms import BlankForm
from app.account.limits import REQUEST
from app.account.routes import count_tries, too_often
from app.db import db
from app.privacy import request_intake, request_jobs, requests
from app.privacy.request_forms import AppealForm, DetailsForm
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind
from app.privacy.requests import NotNow
from app.returning import restore_typed
from app.web import allows, fresh, page, see

bp = Blueprint("my_requests", __name__, url_prefix="/settings/privacy/requests")


@bp.get("")
@allows("self")
def index(form: DetailsForm | None = None, status: int = 200) -> Response:
    typed = restore_typed()
    blank = DetailsForm(formdata=MultiDict(typed) if typed else None)
    mine = db.session.scalars(RightsRequest.of(current_user)).all()
    return page("privacy/request/mine.html", "requests", status, form=form or blank, mine=mine)


@bp.post("")
@allows("self")
@fresh
def ask() -> BaseResponse:
    sent = DetailsForm()
    if not sent.validate():
        return index(sent, 422)
    if wait := count_tries((REQUEST, str(current_user.id))):
        sent.kind.errors = [limits.words(wait)]
        return too_often(index(sent, 429), wait)
    kind, details = Kind(sent.kind.data), sent.details.data or ""
    opened = request_intake.ask(current_user, kind, details, clock.now())
    audit.record("request.made", request=opened.id)
    db.session.commit()
    queue.enqueue(request_jobs.tell_desk, opened.id, on="default")
    flash("Your request is open; a mail tells you when there is news.", "message")
    return see("my_requests.show", id=opened.id)


@bp.get("/<int:id>")
@allows("self")
def show(id: int, form: AppealForm | None = None, status: int = 200) -> Response:
    found = db.session.scalar(RightsRequest.of(current_user).where(RightsRequest.id == id))
    return page(
        "privacy/request/one.html",
        "request",
        status,
        asked=found or abort(404),
        url=f"/settings/privacy/requests/{id}",
        appeal_form=form or AppealForm(formdata=None),
        blank=BlankForm(),
    )


@bp.post("/<int:id>/confirmation")
@allows("self")
@fresh
def confirm(id: int) -> BaseResponse:
    """It came by a mailed link; the sign-in shows more."""
    found = _mine(id)
    _try(lambda: requests.strengthen(found, clock.now()))
    return _done(id, "request.confirmed", "Confirmed.")


@bp.post("/<int:id>/withdrawal")
@allows("self")
def withdraw(id: int) -> BaseResponse:
    found = _mine(id)
    _try(lambda: requests.withdraw(found, clock.now()))
    return _done(id, "request.withdrawn", "Your request is withdrawn.")


@bp.post("/<int:id>/appeal")
@allows("self")
def appeal(id: int) -> BaseResponse:
    found, sent = _mine(id), AppealForm()
    if not sent.validate():
        return show(id, sent, 422)
    words = sent.words.data or ""
    _try(lambda: requests.appeal(found, words, clock.now()))
    answer = _done(id, "request.appealed", "It will be looked at again.")
    queue.enqueue(request_jobs.tell_desk, id, on="default")
    return answer


def _mine(id: int) -> RightsRequest:
    condition = (RightsRequest.id == id) & (RightsRequest.user_id == current_user.id)
    return requests.locked(condition) or abort(404)


def _try(verb: Callable[[], None]) -> None:
    """409 with the rule that stands against it."""
    try:
        verb()
    except NotNow as rule:
        db.session.rollback()
        abort(409, str(rule))


def _done(id: int, action: str, words: str) -> BaseResponse:
    audit.record(action, request=id)
    db.session.commit()
    flash(words, "message")
    return see("my_requests.show", id=id)
