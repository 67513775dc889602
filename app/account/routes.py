"""Signing up, in and out; the account page and its sessions."""

import json
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, session
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from app import clock, queue
from app.account import jobs, limits, sessions
from app.account.forms import (
    AddressForm,
    BlankForm,
    LoginForm,
    PasswordForm,
    ProfileForm,
    SignupForm,
)
from app.account.limits import SIGN_IN, SIGN_IN_NETWORK, SIGN_UP_NETWORK
from app.account.models import User, fold, verify
from app.account.signup import Application, join
from app.account.tokens import LoginSession, digest
from app.db import db
from app.web import allows, page, public, see

bp = Blueprint("account", __name__)


@bp.get("/signup")
@public
def signup(form: SignupForm | None = None, status: int = 200) -> BaseResponse:
    if current_user.is_authenticated:
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
    db.session.commit()
    queue.enqueue(jobs.send_verification, user.id, on="default")
    enter(user)
    flash("Welcome. Choose where your posts go; the sandbox needs no account elsewhere.", "message")
    return see("channels.choose")


@bp.get("/login")
@public
def login(form: LoginForm | None = None, status: int = 200) -> BaseResponse:
    if current_user.is_authenticated and status == 200:
        return redirect(safe_path(request.args.get("next")), 303)
    form = form or LoginForm(next=request.args.get("next", ""), typed="")
    return page("account/login.html", "login", status, form=form)


@bp.post("/login")
@public
def sign_in() -> BaseResponse:
    form = LoginForm()
    if not form.validate():
        return login(form, 422)
    subjects = ((SIGN_IN, fold(form.email.data or "")), (SIGN_IN_NETWORK, asker()))
    if wait := count_tries(*subjects):
        form.password.errors = [limits.words(wait)]
        return too_often(login(form, 429), wait)
    user = User.by_email(form.email.data or "")
    if not verify(user.password_hash if user else None, form.password.data or "") or not user:
        form.password.errors = ["Address and password don't belong together."]
        return login(form, 422)
    for limit, subject in subjects:
        limits.give_back(limit, subject, clock.now())
    db.session.commit()
    enter(user)
    onward = safe_path(form.next.data)
    if form.typed.data:
        keep_typed(onward, form.typed.data)
    return redirect(onward, 303)


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


def enter(user: User) -> None:
    """Begin a session: whatever the browser held before is forgotten, the id is new."""
    session.clear()
    session.rotate()  # type: ignore[attr-defined]
    login_user(user)


def keep_typed(path: str, text: str) -> None:
    try:
        fields = json.loads(text[:400_000])
    except ValueError:
        return
    if isinstance(fields, dict):
        session["typed"] = {"path": path, "fields": fields}


def on_lost_session(path: str, fields: dict[str, list[str]]) -> Response:
    """A form came without a session: sign in, and the form comes back as it was typed."""
    form = LoginForm(formdata=None, next=path, typed=json.dumps(fields))
    flash("Your session has ended. Sign in and nothing you typed is lost.", "notice")
    return page("account/login.html", "login", 401, form=form)


def safe_path(target: str | None) -> str:
    """A path on this host, whatever was asked for (no open redirect)."""
    target = (target or "").replace("\\", "/").strip()
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return "/calendar"
    if any(ord(character) < 33 for character in target):
        return "/calendar"
    return target


@bp.post("/logout")
@allows("self")
def logout() -> BaseResponse:
    logout_user()
    session.clear()
    response = see("pages.home")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/account")
@allows("self")
def account(
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    address_form: AddressForm | None = None,
    status: int = 200,
) -> Response:
    return page(
        "account/account.html",
        "account",
        status,
        form=form or ProfileForm(formdata=None, obj=current_user),
        password_form=password_form or PasswordForm(formdata=None, user=current_user),
        address_form=address_form or AddressForm(formdata=None, user=current_user),
        unverified=current_user.email_verified_at is None,
    )


@bp.post("/account")
@allows("self")
def change_profile() -> BaseResponse:
    form = ProfileForm()
    if not form.validate():
        return account(form=form, status=422)
    form.populate_obj(current_user)
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
    db.session.commit()
    flash("That session has ended.", "message")
    return see("account.list_sessions")


@bp.post("/account/sessions/revocation")
@allows("self")
def revoke_other_sessions() -> BaseResponse:
    ended = sessions.revoke(current_user.id, keep=session.token)  # type: ignore[attr-defined]
    db.session.commit()
    flash(f"{ended} other session{'s' if ended != 1 else ''} ended.", "message")
    return see("account.list_sessions")
