"""What an invitation's link leads to: joining with an account, or with a new one."""

from flask import Response, current_app, flash, session
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import devices, visits
from app.account.allowances import NoRoom
from app.account.entering import enter
from app.account.forms import BlankForm
from app.account.invitations import Invitation, accept, by_token
from app.account.models import User
from app.account.organization_forms import InvitedForm
from app.account.routes import apply_by, bp
from app.account.signup import AddressTaken, register
from app.db import db
from app.web import page, public, see

FULL = (
    "The organisation's plan holds no further person just now. Whoever invited you can make room; this"
    " link stays good until then."
)


@bp.get("/invitations/<token>")
@public
def invitation(token: str) -> Response:
    """A GET changes nothing: mail scanners follow links."""
    found = by_token(token, clock.now())
    return _show(found, _form(found)) if found else _stale()


@bp.post("/invitations/<token>")
@public
def accept_invitation(token: str) -> BaseResponse:
    found = by_token(token, clock.now())
    if not found:
        return _stale()
    state = _state(found)
    if state == "accept":
        return _join(found, current_user, BlankForm(), token)
    if state != "new":
        return _show(found, _form(found), 403)
    form = InvitedForm(about=(found.email, found.organization.name))
    if not form.validate():
        return _show(found, form, 422)
    application = apply_by(form, found.email, "", found.organization.timezone)
    try:
        user = register(application, clock.now())
    except AddressTaken:
        return invitation(token)
    audit.record("account.created", actor=user.id)
    return _join(found, user, form, token)


def _join(found: Invitation, user: User, form: BlankForm | InvitedForm, token: str) -> BaseResponse:
    organization_id, name = found.organization_id, found.organization.name
    role = found.role
    try:
        is_in = accept(found, user, clock.now())
    except NoRoom:
        return _full(form, token)
    if not is_in:
        db.session.rollback()
        return _stale()
    is_new = not current_user.is_authenticated
    if is_new:
        devices.remember(user, visits.present(), clock.now())
    audit.record("member.joined", actor=user.id, organization=organization_id, role=role)
    db.session.commit()
    if is_new:
        enter(user, clock.now())
    session.rotate()  # type: ignore[attr-defined]
    session["organization_id"] = organization_id
    flash(f"Welcome to {name}.", "message")
    return see("scheduler.calendar")


def _full(form: BlankForm | InvitedForm, token: str) -> Response:
    """Nothing is kept of this try but what was typed; the invitation stays good."""
    db.session.rollback()
    audit.unchanged()
    found = by_token(token, clock.now())
    form.form_errors.append(FULL)
    return _show(found, form, 409) if found else _stale()


def _state(found: Invitation) -> str:
    """accept, other (signed in as somebody else), known (has to sign in) or new."""
    if current_user.is_authenticated:
        return "accept" if current_user.email == found.email else "other"
    return "known" if User.by_email(found.email) else "new"


def _form(found: Invitation) -> BlankForm | InvitedForm:
    if _state(found) != "new":
        return BlankForm()
    about = (found.email, found.organization.name)
    return InvitedForm(formdata=None, about=about, timezone=found.organization.timezone)


def _show(found: Invitation, form: BlankForm | InvitedForm, status: int = 200) -> Response:
    response = page(
        "account/invitation.html",
        "invitation",
        status,
        state=_state(found),
        invitation=found,
        form=form,
        policy_version=current_app.config["POLICY_VERSION"],
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stale() -> Response:
    return page("account/invitation.html", "invitation", 404, state="stale", form=BlankForm())
