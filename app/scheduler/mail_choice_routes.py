"""What comes by mail: a person's choices, and the link in a mail that ends such mails."""

from typing import Any

from flask import Response, abort, flash, render_template
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, viewer
from app.account.models import User
from app.account.open_links import HIDDEN
from app.db import db
from app.scheduler import digests, mail_choices
from app.scheduler.mail_choice_forms import MailChoiceForm
from app.scheduler.notice_kinds import DIGEST, GROUPS, KINDS
from app.scheduler.routes import bp
from app.web import allows, csrf, page, public, see


@bp.get("/account/notifications")
@allows("self")
def mail_choice(form: MailChoiceForm | None = None, status: int = 200) -> Response:
    form = form or MailChoiceForm(formdata=None, data=mail_choices.of(current_user))
    return page(
        "scheduler/mail_choice.html",
        "choices",
        status,
        form=form,
        groups=[(title, [form[name] for name in names]) for title, names in GROUPS.items()],
        at=f"{digests.AT:%H:%M}",
        is_confirmed=current_user.email_verified_at is not None,
    )


@bp.post("/account/notifications")
@allows("self")
def choose_mails() -> BaseResponse:
    form = MailChoiceForm()
    if not form.validate():
        return mail_choice(form, 422)
    if changed := mail_choices.choose(current_user, form.chosen):
        audit.record("notification.chosen", **dict[str, Any](changed))
    else:
        audit.unchanged()
    db.session.commit()
    flash("Saved.", "message")
    return see("scheduler.mail_choice")


@bp.get("/notifications/stop/<token>")
@public
def ask_to_stop(token: str) -> Response:
    """A GET changes nothing: mail scanners follow links. The button stops them."""
    _, what = _read(token)
    return _stopped(token, what, is_done=False)


@bp.post("/notifications/stop/<token>")
@csrf.exempt
@public
def stop_mails(token: str) -> Response:
    """Mail programs send this by themselves (RFC 8058): no session, no token of ours, no question."""
    user, what = _read(token)
    if mail_choices.stop(user, what):
        audit.record("notification.stopped", actor=user.id, what=what)
    else:
        audit.unchanged()
    db.session.commit()
    return _stopped(token, what, is_done=True)


def _read(token: str) -> tuple[User, str]:
    viewer.forget()
    return mail_choices.read_stop(token) or abort(404)


def _stopped(token: str, what: str, *, is_done: bool) -> Response:
    facts: dict[str, Any] = {
        "mails": "daily digests" if what == DIGEST else f"mails that say: {KINDS[what].title}",
        "where": "Account, Notifications",
        "url": f"/notifications/stop/{token}",
    }
    words = render_template("account/stop.html", **facts, is_done=is_done)
    return Response(words, headers=HIDDEN)
