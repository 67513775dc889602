"""Reading and answering what people wrote to support."""

from flask import Response, abort, flash, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account.forms import BlankForm
from app.db import db
from app.operator.forms import AnswerForm
from app.operator.routes import bp, note_look
from app.support import conversing
from app.support import jobs as support_jobs
from app.support.models import WAITING, WORDS
from app.web import OPERATOR, allows, page, see


@bp.get("/operator/support")
@allows(OPERATOR)
def support() -> Response:
    state = request.args.get("state", WAITING)
    shown = state if state in WORDS else WAITING
    return page(
        "operator/support.html",
        "support",
        threads=conversing.to_read(shown),
        shown=shown,
        words=WORDS,
    )


@bp.get("/operator/support/<int:id>")
@allows(OPERATOR)
def support_thread(id: int, form: AnswerForm | None = None, status: int = 200) -> Response:
    found = conversing.find_confirmed(id) or abort(404)
    note_look(found.user_id, f"To answer your message to support, no. {id}", conversation=id)
    return page(
        "operator/thread.html",
        "thread",
        status,
        thread=conversing.find_confirmed(id) or abort(404),
        form=form or AnswerForm(formdata=None),
        blank=BlankForm(),
    )


@bp.post("/operator/support/<int:id>/answer")
@allows(OPERATOR)
def answer_support(id: int) -> BaseResponse:
    found = conversing.find_confirmed(id) or abort(404)
    form = AnswerForm()
    if not form.validate():
        return support_thread(id, form, 422)
    said = conversing.answer(found, current_user, form.words.data or "", clock.now())
    audit.record("support.answered", subject=found.user_id, conversation=id)
    db.session.commit()
    queue.enqueue(support_jobs.tell_of_answer, said.id, on="default")
    flash("Sent. A mail tells the person where to read it.", "message")
    return see("operator.support")


@bp.post("/operator/support/<int:id>/closing")
@allows(OPERATOR)
def close_support(id: int) -> BaseResponse:
    found = conversing.find_confirmed(id) or abort(404)
    conversing.close(found, clock.now())
    audit.record("support.closed", subject=found.user_id, conversation=id)
    db.session.commit()
    flash("Closed.", "message")
    return see("operator.support")
