"""The contact form and the threads: for people with an account, and by mailed link without one."""

from flask import Blueprint, Response, abort, flash, redirect
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import limits
from app.account.forms import BlankForm
from app.account.limits import SUPPORT, SUPPORT_LINK, SUPPORT_NETWORK
from app.account.models import fold
from app.account.routes import asker, count_tries, too_often
from app.db import db
from app.support import conversing, jobs
from app.support.forms import ContactForm, MessageForm, StrangerForm
from app.support.models import Conversation
from app.web import allows, page, public, see

bp = Blueprint("support", __name__, url_prefix="/support")


@bp.get("")
@public
def contact(form: ContactForm | None = None, status: int = 200) -> Response:
    known = current_user.is_authenticated
    mine = db.session.scalars(Conversation.of(current_user)).all() if known else []
    blank = ContactForm(formdata=None) if known else StrangerForm(formdata=None)
    return page("support/contact.html", "contact", status, form=form or blank, mine=mine)


@bp.post("")
@public
def ask() -> BaseResponse:
    return _ask_as_person() if current_user.is_authenticated else _ask_as_stranger()


def _ask_as_person() -> BaseResponse:
    form = ContactForm()
    if not form.validate():
        return contact(form, 422)
    if wait := count_tries((SUPPORT, str(current_user.id))):
        form.text.errors = [limits.words(wait)]
        return too_often(contact(form, 429), wait)
    begun = conversing.begin(current_user, form.topic.data or "", form.text.data or "", clock.now())
    audit.record("support.asked", conversation=begun.id)
    db.session.commit()
    queue.enqueue(jobs.tell_desk, begun.id, on="default")
    flash("Sent. The answer will stand here, and a mail will tell you.", "message")
    return see("support.thread", id=begun.id)


def _ask_as_stranger() -> BaseResponse:
    form = StrangerForm()
    if not form.validate():
        return contact(form, 422)
    email = fold(form.email.data or "")
    if wait := count_tries((SUPPORT_LINK, email), (SUPPORT_NETWORK, asker())):
        form.email.errors = [limits.words(wait)]
        return too_often(contact(form, 429), wait)
    begun = conversing.begin_unconfirmed(
        email, form.topic.data or "", form.text.data or "", clock.now()
    )
    audit.record("support.asked", conversation=begun.id)
    db.session.commit()
    queue.enqueue(jobs.send_link, begun.id, on="default")
    flash("A link is on its way to your address. Press it and we read your message.", "message")
    return see("support.contact")


@bp.get("/<int:id>")
@allows("self")
def thread(id: int, form: MessageForm | None = None, status: int = 200) -> Response:
    found = conversing.find(current_user, id) or abort(404)
    return _show(found, f"/support/{id}", form, status)


@bp.post("/<int:id>/messages")
@allows("self")
def write(id: int) -> BaseResponse:
    found = conversing.find(current_user, id) or abort(404)
    form = MessageForm()
    if not form.validate():
        return thread(id, form, 422)
    if wait := count_tries((SUPPORT, str(current_user.id))):
        form.text.errors = [limits.words(wait)]
        return too_often(thread(id, form, 429), wait)
    conversing.write(found, form.text.data or "", clock.now())
    audit.record("support.written", conversation=id)
    db.session.commit()
    queue.enqueue(jobs.tell_desk, found.id, on="default")
    return see("support.thread", id=id)


@bp.post("/<int:id>/closing")
@allows("self")
def close(id: int) -> BaseResponse:
    found = conversing.find(current_user, id) or abort(404)
    conversing.close(found, clock.now())
    audit.record("support.closed", conversation=id)
    db.session.commit()
    flash("Closed. Write again whenever you like.", "message")
    return see("support.contact")


@bp.get("/threads/<token>")
@public
def letter(token: str, form: MessageForm | None = None, status: int = 200) -> Response:
    """A GET changes nothing: mail scanners follow links. The button confirms."""
    found = conversing.by_link(token, clock.now()) or abort(404)
    response = _show(found, f"/support/threads/{token}", form, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.post("/threads/<token>/confirmation")
@public
def confirm(token: str) -> BaseResponse:
    found = conversing.by_link(token, clock.now()) or abort(404)
    conversing.confirm(found, clock.now())
    audit.record("support.confirmed", conversation=found.id)
    db.session.commit()
    queue.enqueue(jobs.tell_desk, found.id, on="default")
    flash("Thank you. We read your message now; a mail will tell you of the answer.", "message")
    return redirect(f"/support/threads/{token}", 303)


@bp.post("/threads/<token>/messages")
@public
def write_by_letter(token: str) -> BaseResponse:
    found = conversing.by_link(token, clock.now()) or abort(404)
    form = MessageForm()
    if not found.confirmed_at:
        abort(404)
    if not form.validate():
        return letter(token, form, 422)
    if wait := count_tries((SUPPORT, found.address)):
        form.text.errors = [limits.words(wait)]
        return too_often(letter(token, form, 429), wait)
    conversing.write(found, form.text.data or "", clock.now())
    audit.record("support.written", conversation=found.id)
    db.session.commit()
    queue.enqueue(jobs.tell_desk, found.id, on="default")
    return redirect(f"/support/threads/{token}", 303)


def _show(
    found: Conversation, url: str, form: MessageForm | None = None, status: int = 200
) -> Response:
    return page(
        "support/thread.html",
        "thread",
        status,
        thread=found,
        url=url,
        form=form or MessageForm(formdata=None),
        blank=BlankForm(),
    )
