"""The authenticator app and the recovery codes of a person."""

from flask import Response, current_app, flash, session
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, shown_once
from app.account import alerts, authenticator, factors, limits, recovery, visits
from app.account.factor_forms import AppForm
from app.account.forms import BlankForm
from app.account.limits import FACTOR
from app.account.routes import bp, count_tries, too_often
from app.account.security_routes import changed
from app.account.sign_in_routes import tell
from app.db import db
from app.web import allows, fresh, page, see

CODES = "codes"


@bp.post("/account/security/app")
@allows("self")
@fresh
def begin_app() -> BaseResponse:
    if authenticator.confirmed(current_user):
        return _nothing_done("Remove the app that you use now first.")
    authenticator.begin(current_user, clock.now())
    audit.record("account.app_begun")
    db.session.commit()
    return see("account.set_up_app")


@bp.get("/account/security/app")
@allows("self")
@fresh
def set_up_app(form: AppForm | None = None, status: int = 200) -> BaseResponse:
    waiting = authenticator.find(current_user)
    if not waiting or waiting.confirmed_at:
        return see("account.security")
    name = current_app.config["SETTINGS"].operator_name or "AllStac"
    return page(
        "account/app.html",
        "app",
        status,
        form=form or AppForm(formdata=None),
        code=authenticator.picture(waiting.uri(current_user.email, name)),
        secret=waiting.spaced,
    )


@bp.post("/account/security/app/confirmation")
@allows("self")
@fresh
def confirm_app() -> BaseResponse:
    form, waiting = AppForm(), authenticator.find(current_user)
    if not waiting or waiting.confirmed_at:
        return _nothing_done("There is no app to set up. Begin again.")
    if wait := count_tries((FACTOR, str(current_user.id))):
        form.code.errors = [limits.words(wait)]
        return too_often(set_up_app(form, 429), wait)
    if not form.validate():
        return set_up_app(form, 422)
    if not waiting.accepts(form.code.data or "", clock.now()):
        form.code.errors = ["This is not the code of now. Is the clock of your phone right?"]
        return set_up_app(form, 422)
    waiting.confirmed_at = clock.now()
    limits.give_back(FACTOR, str(current_user.id), clock.now())
    return added("app_added", "Your authenticator app is set up.")


@bp.post("/account/security/app/removal")
@allows("self")
@fresh
def remove_app() -> BaseResponse:
    if not authenticator.forget(current_user):
        return _nothing_done("There is no app to remove.")
    changed("app_removed")
    flash("The authenticator app is removed.", "message")
    return see("account.security")


def _nothing_done(words: str) -> BaseResponse:
    audit.unchanged()
    flash(words, "notice")
    return see("account.security")


def added(kind: str, words: str) -> BaseResponse:
    """A factor is new. With the first one come recovery codes, for the day on which it is lost."""
    if not recovery.left(current_user):
        shown_once.keep(CODES, recovery.issue(current_user))
    changed(kind)
    flash(words, "message")
    return see("account.recovery_codes" if CODES in session else "account.security")


@bp.get("/account/security/codes")
@allows("self")
@fresh
def recovery_codes() -> Response:
    return page(
        "account/codes.html",
        "codes",
        codes=shown_once.take(CODES) or [],
        left=recovery.left(current_user),
        blank=BlankForm(),
    )


@bp.post("/account/security/codes")
@allows("self")
@fresh
def make_codes() -> BaseResponse:
    if not factors.of(current_user).any:
        return _nothing_done("Set up an authenticator app or a passkey first.")
    shown_once.keep(CODES, recovery.issue(current_user))
    told = alerts.tell_now("codes_made", current_user, visits.present(), clock.now())
    audit.record("account.codes_made")
    tell(told)
    return see("account.recovery_codes")
