"""What comes after or instead of a password: codes, passkeys, and confirming that it is still you."""

from flask import Response, flash, jsonify, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import alerts, challenges, entering, factors, limits, passkeys, visits, watching
from app.account.entering import Awaited
from app.account.factor_forms import CodeForm, PasskeyForm
from app.account.forms import LoginForm
from app.account.limits import FACTOR, SIGN_IN_NETWORK
from app.account.models import User
from app.account.passkeys import Passkey, Refused
from app.account.routes import asker, bp, count_tries, too_often
from app.account.sign_in_routes import let_in, login, tell
from app.db import db
from app.origins import safe_path
from app.web import page, public, see, unaudited

SIGN_IN, SECOND, AGAIN = "sign-in", "second-factor", "again"
NOT_PROVEN = "That passkey could not be checked. Try again, or use another way."


def challenge_for(purpose: str, user: User | None) -> Response:
    """What navigator.credentials.get() is called with."""
    value = challenges.give(purpose, clock.now())
    return jsonify(passkeys.request_options(user, value))


def signed_by(form: PasskeyForm, purpose: str, user: User | None) -> Passkey | None:
    """The passkey that signed our challenge; None, with the reason beside it, when none did."""
    given = challenges.take(purpose, clock.now())
    try:
        if not form.validate() or given is None:
            raise Refused("no challenge")
        return passkeys.check(form.credential.data or "", given.value, user, clock.now())
    except Refused:
        db.session.rollback()
        form.credential.errors = [NOT_PROVEN]
        return None


@bp.post("/login/passkey/challenge")
@public
@unaudited("hands out something to sign; the sign-in itself is on record")
def challenge_sign_in() -> Response:
    return challenge_for(SIGN_IN, None)


@bp.post("/login/passkey")
@public
def sign_in_with_passkey() -> BaseResponse:
    """The only proof: the device has the key and has checked who holds it."""
    form, place = PasskeyForm(), ((SIGN_IN_NETWORK, asker()),)
    if wait := count_tries(*place):
        form.credential.errors = [limits.words(wait)]
        return too_often(_login_again(form, 429), wait)
    key = signed_by(form, SIGN_IN, None)
    user = key and db.session.get(User, key.user_id)
    if not user:
        return _login_again(form, 422)
    limits.give_back(*place[0], clock.now())
    return let_in(user, "passkey", safe_path(form.next.data), form.typed.data or "")


def _login_again(form: PasskeyForm, status: int) -> BaseResponse:
    kept = LoginForm(formdata=None, next=form.next.data, typed=form.typed.data)
    return login(kept, status, form)


@bp.get("/login/second-factor")
@public
def second_factor(
    form: CodeForm | None = None, status: int = 200, passkey: PasskeyForm | None = None
) -> BaseResponse:
    owed = entering.awaited(clock.now())
    if not owed:
        return _begin_anew()
    has = factors.of(owed.user)
    return page(
        "account/second_factor.html",
        "second_factor",
        status,
        form=form or CodeForm(formdata=None, has_app=has.has_app),
        passkey=passkey or PasskeyForm(formdata=None),
        has=has,
    )


def _begin_anew() -> BaseResponse:
    audit.unchanged()
    if not current_user.is_authenticated:
        flash("Sign in again: the second step has to follow within ten minutes.", "notice")
    return see("account.login")


@bp.post("/login/second-factor/challenge")
@public
@unaudited("hands out something to sign; the sign-in itself is on record")
def challenge_second_factor() -> BaseResponse:
    owed = entering.awaited(clock.now())
    return challenge_for(SECOND, owed.user) if owed else _begin_anew()


@bp.post("/login/second-factor")
@public
def prove_second_factor() -> BaseResponse:
    owed = entering.awaited(clock.now())
    if not owed:
        return _begin_anew()
    if "credential" in request.form:
        form = PasskeyForm()
        key = signed_by(form, SECOND, owed.user)
        if not key:
            audit.record("account.second_factor_failed", subject=owed.user.id)
            db.session.commit()
            return second_factor(status=422, passkey=form)
        return let_in(owed.user, "password and passkey", owed.next, owed.typed, proof=owed.proof)
    return _prove_by_code(owed, CodeForm(has_app=factors.of(owed.user).has_app))


def _prove_by_code(owed: Awaited, form: CodeForm) -> BaseResponse:
    subject, now, where = str(owed.user.id), clock.now(), visits.present()
    if not form.validate():
        return second_factor(form, 422)
    if wait := count_tries((FACTOR, subject)):
        form.code.errors = [limits.words(wait)]
        return too_often(second_factor(form, 429), wait)
    how = factors.prove(owed.user, form.code.data or "", now)
    if how is None:
        told = watching.note_factor(owed.user, where, now)
        audit.record("account.second_factor_failed", subject=owed.user.id)
        tell(told)
        form.code.errors = ["This code is not right, or it was used already."]
        return second_factor(form, 422)
    limits.give_back(FACTOR, subject, now)
    told = alerts.tell_now("code_used", owed.user, where, now) if how == factors.CODE else None
    way = f"password and {how}"
    return let_in(owed.user, way, owed.next, owed.typed, told, proof=owed.proof)
