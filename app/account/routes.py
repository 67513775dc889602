"""Signing up; the account page and its sessions."""

from flask import Blueprint, Response, abort, current_app, flash, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import jobs, limits, sessions
from app.account.entering import enter
from app.account.forms import (
    AddressForm,
    BlankForm,
    PasswordForm,
    ProfileForm,
    SignupForm,
)
from app.account.limits import SIGN_UP_NETWORK
from app.account.signup import Application, join
from app.account.tokens import LoginSession, digest
from app.db import db
from app.returning import restore_typed
from app.web import allows, page, public, see

bp = Blueprint("account", __name__)


@bp.get("/signup")
@public
def signup(form: SignupForm | None = None, status: int = 200) -> BaseResponse:
    if current_user.is_authenticated and status == 200:
        return see("scheduler.calendar")
    version = current_app.config["POLICY_VERSION"]
    form = form or SignupForm()
    return page("account/signup.html", "signup", status, form=form, policy_version=version)


@bp.post("/signup")
@public
def create_account() -> BaseResponse:
    form = SignupForm()
    if not form.validate():
        return signup(form, 422)
    if wait := count_tries((SIGN_UP_NETWORK, asker())):
        form.email.errors = [limits.words(wait)]
        return too_often(signup(form, 429), wait)
    user = join(
        Application(
            name=form.name.data or "",
            email=form.email.data or "",
            password=form.password.data or "",
            organization=form.organization.data or "",
            timezone=form.timezone.data or "UTC",
            policy_version=current_app.config["POLICY_VERSION"],
        ),
        clock.now(),
    )
    audit.record("account.created", actor=user.id)
    db.session.commit()
    queue.enqueue(jobs.send_verification, user.id, on="default")
    enter(user, clock.now())
    flash("Welcome. Choose where your posts go; the sandbox needs no account elsewhere.", "message")
    return see("channels.choose")


def asker() -> str:
    return limits.place(request.remote_addr)


def count_tries(*subjects: tuple[limits.Limit, str]) -> int:
    """Count a try against each limit, kept whatever becomes of the request; seconds to wait."""
    waits = [limits.take(limit, subject, clock.now()) for limit, subject in subjects]
    db.session.commit()
    return max(waits)


def too_often(response: BaseResponse, wait: int) -> BaseResponse:
    response.headers["Retry-After"] = str(wait)  # RFC 9110 10.2.3
    return response


@bp.get("/account")
@allows("self")
def account(
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    address_form: AddressForm | None = None,
    status: int = 200,
) -> Response:
    if address_form is None:
        typed = restore_typed("email") or {}
        email = typed.get("email", [""])[0]
        address_form = AddressForm(formdata=None, user=current_user, email=email)
    return page(
        "account/account.html",
        "account",
        status,
        form=form or ProfileForm(formdata=None, obj=current_user),
        password_form=password_form or PasswordForm(formdata=None, user=current_user),
        address_form=address_form,
        unverified=current_user.email_verified_at is None,
    )


@bp.post("/account")
@allows("self")
def change_profile() -> BaseResponse:
    form = ProfileForm()
    if not form.validate():
        return account(form=form, status=422)
    form.populate_obj(current_user)
    audit.record("account.changed")
    db.session.commit()
    flash("Saved.", "message")
    return see("account.account")


@bp.post("/account/password")
@allows("self")
def change_password() -> BaseResponse:
    form = PasswordForm(user=current_user)
    if not form.validate():
        return account(password_form=form, status=422)
    current_user.set_password(form.new_password.data)
    sessions.revoke(current_user.id, keep=session.token)  # type: ignore[attr-defined]
    audit.record("account.password_changed")
    db.session.commit()
    session.rotate()  # type: ignore[attr-defined]
    flash("Your password is changed. Your other sessions have ended.", "message")
    return see("account.account")


@bp.get("/account/sessions")
@allows("self")
def list_sessions() -> Response:
    here = digest(session.token)  # type: ignore[attr-defined]
    rows = [
        {
            "id": row.id,
            "device": row.device,
            "network": row.network,
            "started_at": row.created_at,
            "used_at": row.used_at,
            "is_current": row.token_hash == here,
        }
        for row in db.session.scalars(LoginSession.of(current_user))
    ]
    return page("account/sessions.html", "sessions", sessions=rows, form=BlankForm())


@bp.post("/account/sessions/<int:id>/revocation")
@allows("self")
def revoke_session(id: int) -> BaseResponse:
    if not sessions.revoke(current_user.id, only=id):
        abort(404)
    audit.record("account.session_ended")
    db.session.commit()
    flash("That session has ended.", "message")
    return see("account.list_sessions")


@bp.post("/account/sessions/revocation")
@allows("self")
def revoke_other_sessions() -> BaseResponse:
    ended = sessions.revoke(current_user.id, keep=session.token)  # type: ignore[attr-defined]
    audit.record("account.sessions_ended", ended=ended)
    db.session.commit()
    flash(f"{ended} other session{'s' if ended != 1 else ''} ended.", "message")
    return see("account.list_sessions")
