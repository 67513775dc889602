"""Requests about privacy from anybody: the public form, the mailed link, the page of a code."""

from flask import Blueprint, Response, abort, flash, redirect
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import limits
from app.account.forms import BlankForm
from app.account.limits import REQUEST, REQUEST_NETWORK
from app.account.models import fold
from app.account.routes import asker, count_tries, too_often
from app.db import db
from app.privacy import request_intake, request_jobs, requests
from app.privacy.request_forms import AppealForm, DetailsForm, PublicForm
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind, Source
from app.privacy.requests import NotNow
from app.web import page, public, see

bp = Blueprint("requests", __name__, url_prefix="/privacy")


@bp.get("/request")
@public
def form(form: PublicForm | None = None, status: int = 200) -> Response:
    form = form or PublicForm(formdata=None)
    return page("privacy/request/form.html", "request", status, form=form)


@bp.post("/request")
@public
def ask() -> BaseResponse:
    """The same words for every address: nobody learns here who is known to us."""
    sent = PublicForm()
    if not sent.validate():
        return form(sent, 422)
    email = fold(sent.email.data or "")
    if wait := count_tries((REQUEST, email), (REQUEST_NETWORK, asker())):
        sent.email.errors = [limits.words(wait)]
        return too_often(form(sent, 429), wait)
    made = request_intake.receive(Kind(sent.kind.data), Source.FORM, clock.now(), email=email)
    audit.record("request.made", request=made.id)
    db.session.commit()
    queue.enqueue(request_jobs.send_link, made.id, on="default")
    flash("A link is on its way to your address. Press it and your request begins.", "message")
    return see("requests.form")


@bp.get("/request/<token>")
@public
def by_link(
    token: str, form: DetailsForm | AppealForm | None = None, status: int = 200
) -> Response:
    """A GET changes nothing: mail scanners follow links. The button confirms."""
    found = _read(token)
    asked = {"kind": found.kind, "details": ""}
    confirming = form if isinstance(form, DetailsForm) else DetailsForm(formdata=None, data=asked)
    appealing = form if isinstance(form, AppealForm) else AppealForm(formdata=None)
    response = page(
        "privacy/request/by_link.html",
        "request",
        status,
        asked=found,
        url=f"/privacy/request/{token}",
        form=confirming,
        appeal_form=appealing,
        blank=BlankForm(),
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.post("/request/<token>")
@public
def confirm(token: str) -> BaseResponse:
    found, sent = _change(token), DetailsForm()
    if not sent.validate():
        return by_link(token, sent, 422)
    kind, details = Kind(sent.kind.data), sent.details.data or ""
    try:
        opened = request_intake.confirm(found, kind, details, clock.now())
    except NotNow as rule:
        abort(409, str(rule))
    audit.record("request.confirmed", subject=opened.user_id, request=opened.id)
    db.session.commit()
    queue.enqueue(request_jobs.tell_desk, opened.id, on="default")
    flash("Thank you. Your request is open; a mail tells you when there is news.", "message")
    return redirect(f"/privacy/request/{token}", 303)


@bp.post("/request/<token>/withdrawal")
@public
def withdraw(token: str) -> BaseResponse:
    found = _own(token)
    try:
        requests.withdraw(found, clock.now())
    except NotNow as rule:
        abort(409, str(rule))
    audit.record("request.withdrawn", subject=found.user_id, request=found.id)
    db.session.commit()
    flash("Your request is withdrawn.", "message")
    return redirect(f"/privacy/request/{token}", 303)


@bp.post("/request/<token>/appeal")
@public
def appeal(token: str) -> BaseResponse:
    found, sent = _own(token), AppealForm()
    if not sent.validate():
        return by_link(token, sent, 422)
    try:
        requests.appeal(found, sent.words.data or "", clock.now())
    except NotNow as rule:
        abort(409, str(rule))
    audit.record("request.appealed", subject=found.user_id, request=found.id)
    db.session.commit()
    queue.enqueue(request_jobs.tell_desk, found.id, on="default")
    flash("It will be looked at again.", "message")
    return redirect(f"/privacy/request/{token}", 303)


@bp.get("/requests/<code>")
@public
def state(code: str) -> Response:
    """What a network's person is led to: the state and the reasons, nothing of anybody."""
    found = db.session.scalar(db.select(RightsRequest).where(RightsRequest.code == code))
    return page("privacy/request/state.html", "request", asked=found or abort(404))


def _read(token: str) -> RightsRequest:
    condition = requests.has_link(token, clock.now())
    return db.session.scalar(db.select(RightsRequest).where(condition)) or abort(404)


def _change(token: str) -> RightsRequest:
    return requests.locked(requests.has_link(token, clock.now())) or abort(404)


def _own(token: str) -> RightsRequest:
    """For a change that somebody who can sign in makes by signing in."""
    found = _change(token)
    return found if found.is_read_by_link else abort(404)
