"""The queue of requests about privacy, and working one off."""

from collections.abc import Callable

from flask import Response, abort, flash, request
from flask_login import current_user
from sqlalchemy import Select, select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account.forms import BlankForm
from app.account.models import User
from app.db import db
from app.forms import Form
from app.operator import checklists
from app.operator.forms import AnswerForm, ExtendForm, RefuseForm, VerifyForm
from app.operator.routes import bp, note_look
from app.operator.urgency import judge
from app.privacy import request_jobs, requests
from app.privacy.carrying_out import CARRY_OUT, carry_out, is_proven_enough
from app.privacy.request_intake import verify_by_hand
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import ACTIVE, OVER, UNVERIFIED, Extension, Kind, Refusal
from app.privacy.requests import NotNow
from app.web import OPERATOR, allows, page, see

SHOWN = {
    "open": ("Open", ACTIVE),
    "unconfirmed": ("Not confirmed", UNVERIFIED),
    "over": ("Closed", OVER),
}
FORMS: dict[str, type[Form]] = {
    "verify": VerifyForm,
    "answer": AnswerForm,
    "refuse": RefuseForm,
    "extend": ExtendForm,
}


@bp.get("/operator/requests")
@allows(OPERATOR)
def request_queue() -> Response:
    """By deadline. Nothing of the people stands here."""
    shown = request.args.get("show", "open")
    word, states = SHOWN.get(shown, SHOWN["open"])
    rows = db.session.scalars(_queue(states)).all()
    now = clock.now()
    return page(
        "operator/requests.html",
        "requests",
        rows=[(row, judge(row.target_at, row.due_at, now)) for row in rows],
        tabs={name: title for name, (title, _) in SHOWN.items()},
        shown=word,
    )


def _queue(states: tuple[str, ...]) -> Select[RightsRequest]:
    chosen = select(RightsRequest).where(RightsRequest.state.in_(states)).limit(200)
    if states == OVER:
        return chosen.order_by(RightsRequest.closed_at.desc())
    return chosen.order_by(RightsRequest.due_at, RightsRequest.id)


@bp.get("/operator/requests/<int:id>")
@allows(OPERATOR)
def request_page(id: int, form: Form | None = None, status: int = 200) -> Response:
    found = db.session.get(RightsRequest, id) or abort(404)
    note_look(found.user_id, f"To work on your request {found.code}", request=id)
    found, now = db.session.get(RightsRequest, id) or abort(404), clock.now()
    account = User.by_email(found.email) if found.email and not found.user else found.user
    return page(
        "operator/request.html",
        "request",
        status,
        asked=found,
        account=account,
        urgency=judge(found.target_at, found.due_at, now),
        next_step=checklists.next_step(found),
        steps=checklists.steps(found),
        does_itself=Kind(found.kind) in CARRY_OUT,
        is_proven=is_proven_enough(found),
        forms={n: form if isinstance(form, f) else f(formdata=None) for n, f in FORMS.items()},
        blank=BlankForm(),
    )


@bp.post("/operator/requests/<int:id>/verification")
@allows(OPERATOR)
def verify_request(id: int) -> BaseResponse:
    form = VerifyForm()
    if not form.validate():
        return request_page(id, form, 422)
    why = form.why.data or ""
    return _do(
        id, "request.verified", lambda one: verify_by_hand(one, current_user, why, clock.now())
    )


@bp.post("/operator/requests/<int:id>/link")
@allows(OPERATOR)
def mail_link(id: int) -> BaseResponse:
    found = db.session.get(RightsRequest, id) or abort(404)
    if found.state not in UNVERIFIED:
        abort(409, "It is shown already who asks.")
    audit.record("request.link_sent", request=id)
    db.session.commit()
    queue.enqueue(request_jobs.send_link, id, on="default")
    flash("A new link is on its way; the earlier one is dead.", "message")
    return see("operator.request_page", id=id)


@bp.post("/operator/requests/<int:id>/start")
@allows(OPERATOR)
def start_request(id: int) -> BaseResponse:
    return _do(id, "request.started", lambda one: requests.start(one, current_user, clock.now()))


@bp.post("/operator/requests/<int:id>/execution")
@allows(OPERATOR)
def carry_out_request(id: int) -> BaseResponse:
    """Do what is asked; the words that come back go into the request's history."""

    def verb(one: RightsRequest) -> None:
        words = carry_out(one, clock.now())
        requests.note(one, "Carried out", clock.now(), actor=current_user, words=words)

    return _do(id, "request.carried_out", verb)


@bp.post("/operator/requests/<int:id>/answer")
@allows(OPERATOR)
def answer_request(id: int) -> BaseResponse:
    form = AnswerForm()
    if not form.validate():
        return request_page(id, form, 422)
    words = form.words.data or ""
    return _do(
        id, "request.answered", lambda one: requests.answer(one, current_user, words, clock.now())
    )


@bp.post("/operator/requests/<int:id>/refusal")
@allows(OPERATOR)
def refuse_request(id: int) -> BaseResponse:
    form = RefuseForm()
    if not form.validate():
        return request_page(id, form, 422)
    reason, words = Refusal(form.reason.data), form.refusal.data or ""
    return _do(
        id,
        "request.refused",
        lambda one: requests.refuse(one, current_user, reason, words, clock.now()),
    )


@bp.post("/operator/requests/<int:id>/extension")
@allows(OPERATOR)
def extend_request(id: int) -> BaseResponse:
    form = ExtendForm()
    if not form.validate():
        return request_page(id, form, 422)
    reason = Extension(form.extension.data)
    return _do(
        id, "request.extended", lambda one: requests.extend(one, current_user, reason, clock.now())
    )


TOLD = {"request.answered", "request.refused", "request.extended", "request.carried_out"}


def _do(id: int, action: str, verb: Callable[[RightsRequest], object]) -> BaseResponse:
    """Locked, on record, and told to the person; 409 with the rule that stands against it."""
    found = requests.locked(RightsRequest.id == id) or abort(404)
    try:
        verb(found)
    except NotNow as rule:
        db.session.rollback()
        abort(409, str(rule))
    audit.record(action, subject=found.user_id, request=id)
    db.session.commit()
    if action in TOLD:
        queue.enqueue(request_jobs.tell, id, on="default")
    flash("Noted.", "message")
    return see("operator.request_page", id=id)
