"""Signing in and out, and confirming it before something dangerous. Part of the account's pages."""

import json

from flask import Response, flash, redirect, request, session
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import limits
from app.account.entering import confirmed, enter
from app.account.forms import ConfirmForm, LoginForm
from app.account.limits import CONFIRM, SIGN_IN, SIGN_IN_NETWORK
from app.account.models import User, fold, verify
from app.account.routes import asker, bp, count_tries, too_often
from app.db import db
from app.origins import safe_path
from app.returning import keep_typed
from app.web import allows, page, public, see


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
        audit.record("account.sign_in_failed", subject=user.id if user else None)
        db.session.commit()
        return login(form, 422)
    for limit, subject in subjects:
        limits.give_back(limit, subject, clock.now())
    audit.record("account.signed_in", actor=user.id)
    db.session.commit()
    enter(user, clock.now())
    onward = safe_path(form.next.data)
    restore(onward, form.typed.data)
    return redirect(onward, 303)


def restore(path: str, typed: str | None) -> None:
    """Keep what came along as JSON for the page that it was typed on; if it ever was a form."""
    try:
        fields = json.loads((typed or "")[:400_000])
        json.dumps(fields, ensure_ascii=False).encode()  # JSON can hold what is no character
    except (ValueError, RecursionError):
        return
    if isinstance(fields, dict) and all(_are_texts(values) for values in fields.values()):
        keep_typed(path, fields)


def _are_texts(values: object) -> bool:
    return bool(isinstance(values, list) and values and all(isinstance(v, str) for v in values))


def on_lost_session(path: str, fields: dict[str, list[str]]) -> Response:
    """A form came without a session: sign in, and the form comes back as it was typed."""
    form = LoginForm(formdata=None, next=path, typed=json.dumps(fields))
    flash("Your session has ended. Sign in and nothing you typed is lost.", "notice")
    return page("account/login.html", "login", 401, form=form)


@bp.post("/logout")
@allows("self")
def logout() -> BaseResponse:
    audit.record("account.signed_out")
    db.session.commit()
    logout_user()
    session.clear()
    response = see("pages.home")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/login/again")
@allows("self")
def confirm(form: ConfirmForm | None = None, status: int = 200) -> Response:
    form = form or ConfirmForm(user=current_user, next=request.args.get("next", ""))
    return page("account/confirm.html", "confirm", status, form=form)


@bp.post("/login/again")
@allows("self")
def confirm_sign_in() -> BaseResponse:
    form = ConfirmForm(user=current_user)
    if wait := count_tries((CONFIRM, str(current_user.id))):
        form.password.errors = [limits.words(wait)]
        return too_often(confirm(form, 429), wait)
    if not form.validate():
        return confirm(form, 422)
    limits.give_back(CONFIRM, str(current_user.id), clock.now())
    audit.record("account.sign_in_confirmed")
    db.session.commit()
    confirmed(clock.now())
    return redirect(safe_path(form.next.data), 303)
