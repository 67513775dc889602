"""How a person signs in: the page about it, and the password."""

from flask import Response, abort, flash, session
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import alerts, authenticator, factors, passkeys, sessions, visits, watching
from app.account.alerts import REMOVALS
from app.account.factor_forms import PasskeyNameForm
from app.account.forms import BlankForm, PasswordForm, ResetForm
from app.account.routes import bp
from app.account.sign_in_routes import tell
from app.account.tokens import OneTimeToken
from app.web import allows, fresh, page, see


@bp.get("/account/security")
@allows("self")
def security(form: PasswordForm | ResetForm | None = None, status: int = 200) -> Response:
    has = factors.of(current_user)
    return page(
        "account/security.html",
        "security",
        status,
        form=form or password_form(formdata=None),
        blank=BlankForm(),
        has=has,
        has_password=bool(current_user.password_hash),
        app=authenticator.confirmed(current_user),
        passkeys=passkeys.of(current_user),
        naming=PasskeyNameForm(formdata=None),
    )


def password_form(**more: object) -> PasswordForm | ResetForm:
    """To change the password, or to choose one where there is none."""
    kind = PasswordForm if current_user.password_hash else ResetForm
    return kind(user=current_user, **more)


def changed(kind: str) -> None:
    """How somebody signs in is another now: other sessions end, this one goes on under a new id,
    and the person is told."""
    current_user.hold()
    now, where = clock.now(), visits.present()
    sessions.revoke(current_user.id, keep=session.token)  # type: ignore[attr-defined]
    OneTimeToken.spend_all(current_user, "password", now)
    told = alerts.tell_now(kind, current_user, where, now)
    also = watching.removal(current_user, where, now) if kind in REMOVALS else None
    audit.record(f"account.{kind}")
    tell(told, also)
    session.rotate()  # type: ignore[attr-defined]


@bp.post("/account/password")
@allows("self")
def change_password() -> BaseResponse:
    """The present password is asked for, so that no sign-in has to be fresh."""
    current_user.hold()
    form = PasswordForm(user=current_user)
    if not form.validate():
        return security(form, 422)
    current_user.set_password(form.new_password.data)
    changed("password_changed")
    flash("Your password is changed. Your other sessions have ended.", "message")
    return see("account.security")


@bp.post("/account/security/password")
@allows("self")
@fresh
def set_password() -> BaseResponse:
    if current_user.password_hash:
        abort(409, "You have a password. To change it, type the present one.")
    form = ResetForm(user=current_user)
    if not form.validate():
        return security(form, 422)
    current_user.set_password(form.password.data)
    changed("password_changed")
    flash("You have a password now.", "message")
    return see("account.security")


@bp.post("/account/security/password/removal")
@allows("self")
@fresh
def remove_password() -> BaseResponse:
    if not factors.of(current_user).may_stand_alone:
        abort(409, "Have two passkeys first, or a passkey and recovery codes.")
    current_user.password_hash = None
    changed("password_removed")
    flash("Your password is gone. From now on you sign in with a passkey.", "message")
    return see("account.security")
