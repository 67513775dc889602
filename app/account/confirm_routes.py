"""Is it still you? Before something dangerous; see `app.web.fresh`."""

from flask import Response, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import authenticator, entering, factors, limits
from app.account.factor_forms import AppForm, PasskeyForm
from app.account.forms import ConfirmForm
from app.account.limits import CONFIRM, FACTOR, Limit
from app.account.proof_routes import challenge_for, signed_by
from app.account.routes import bp, count_tries, too_often
from app.db import db
from app.forms import Form
from app.origins import safe_path
from app.web import allows, page, unaudited

AGAIN = "again"
NOT_RIGHT = "This code is not right, or it was used already."


@bp.get("/login/again")
@allows("self")
def confirm(status: int = 200, **tried: Form) -> Response:
    """A form for each way that the person has; `tried` is the one that was sent."""
    next = request.values.get("next", "")
    forms: dict[str, Form] = {
        "password": ConfirmForm(formdata=None, user=current_user, next=next),
        "code": AppForm(formdata=None),
        "passkey": PasskeyForm(formdata=None, next=next),
    }
    has, may_type = factors.of(current_user), bool(current_user.password_hash)
    shown = forms | tried
    return page(
        "account/confirm.html",
        "confirm",
        status,
        forms=shown,
        has=has,
        has_password=may_type,
        next=next,
    )


@bp.post("/login/again/challenge")
@allows("self")
@unaudited("hands out something to sign; the confirmation itself is on record")
def challenge_again() -> Response:
    return challenge_for(AGAIN, current_user)


@bp.post("/login/again")
@allows("self")
def confirm_by_password() -> BaseResponse:
    form = ConfirmForm(user=current_user)
    if wait := _count(CONFIRM):
        form.password.errors = [limits.words(wait)]
        return too_often(confirm(429, password=form), wait)
    return _done(CONFIRM) if form.validate() else confirm(422, password=form)


@bp.post("/login/again/code")
@allows("self")
def confirm_by_code() -> BaseResponse:
    form, app = AppForm(), authenticator.confirmed(current_user)
    if wait := _count(FACTOR):
        form.code.errors = [limits.words(wait)]
        return too_often(confirm(429, code=form), wait)
    if form.validate() and app and app.accepts(form.code.data or "", clock.now()):
        return _done(FACTOR)
    form.code.errors = form.code.errors or [NOT_RIGHT]
    return confirm(422, code=form)


@bp.post("/login/again/passkey")
@allows("self")
def confirm_by_passkey() -> BaseResponse:
    form = PasskeyForm()
    if wait := _count(CONFIRM):
        form.credential.errors = [limits.words(wait)]
        return too_often(confirm(429, passkey=form), wait)
    is_signed = signed_by(form, AGAIN, current_user)
    return _done(CONFIRM) if is_signed else confirm(422, passkey=form)


def _count(limit: Limit) -> int:
    return count_tries((limit, str(current_user.id)))


def _done(limit: Limit) -> BaseResponse:
    limits.give_back(limit, str(current_user.id), clock.now())
    audit.record("account.sign_in_confirmed")
    db.session.commit()
    entering.confirmed(clock.now())
    return redirect(safe_path(request.form.get("next")), 303)
