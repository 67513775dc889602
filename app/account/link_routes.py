"""What mailed links lead to: a new password, a confirmed address. Part of the account's pages."""

from flask import Response, abort, flash
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import alerts, jobs, limits, sessions, visits
from app.account.forms import AddressForm, BlankForm, ForgotForm, ResetForm
from app.account.limits import ADDRESS, RESET, RESET_NETWORK, VERIFY
from app.account.models import User, fold
from app.account.routes import account, asker, bp, count_tries, too_often
from app.account.sign_in_routes import tell
from app.account.signup import take_address
from app.account.tokens import EMAIL, OneTimeToken
from app.db import db
from app.web import allows, fresh, page, public, see

NOBODY = 0  # rung for as well, so that both take as long


@bp.get("/password/forgot")
@public
def forgot(form: ForgotForm | None = None, status: int = 200) -> Response:
    return page("account/forgot.html", "forgot", status, form=form or ForgotForm())


@bp.post("/password/forgot")
@public
def send_password_link() -> BaseResponse:
    form = ForgotForm()
    if not form.validate():
        return forgot(form, 422)
    if wait := count_tries((RESET, fold(form.email.data or "")), (RESET_NETWORK, asker())):
        form.email.errors = [limits.words(wait)]
        return too_often(forgot(form, 429), wait)
    email = fold(form.email.data or "")  # the id alone: making a person of a row can be told
    id = db.session.scalar(select(User.id).where(User.email == email))
    audit.record("account.password_asked", subject=id)
    db.session.commit()
    queue.enqueue(jobs.send_password_link, id or NOBODY, on="default")
    tell_of_mail("If there is an account with this address, a link is on its way to it.")
    return see("account.login")


def tell_of_mail(words: str) -> None:
    """A mail goes by the queue; while that is away nobody is told that one is coming."""
    if queue.is_away(clock.now()):
        flash("Mails don't go out at this moment. Please ask again in a few minutes.", "notice")
    else:
        flash(words, "message")


@bp.get("/password/reset/<token>")
@public
def reset(token: str, form: ResetForm | None = None, status: int = 200) -> Response:
    found = OneTimeToken.valid(token, "password", clock.now())
    owner = found and db.session.get(User, found.user_id)
    if not owner:
        abort(404)
    response = page("account/reset.html", "reset", status, form=form or ResetForm(user=owner))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.post("/password/reset/<token>")
@public
def choose_password(token: str) -> BaseResponse:
    found = OneTimeToken.valid(token, "password", clock.now())
    owner = found and db.session.get(User, found.user_id)
    if not found or not owner:
        abort(404)
    owner.hold()
    form = ResetForm(user=owner)
    if not form.validate():
        return reset(token, form, 422)
    if not found.spend(clock.now()):
        abort(404)
    OneTimeToken.spend_all(owner, "password", clock.now())
    owner.set_password(form.password.data or "")
    owner.email_verified_at = owner.email_verified_at or clock.now()
    sessions.revoke(owner.id)
    told = alerts.tell_now("password_changed", owner, visits.present(), clock.now())
    audit.record("account.password_reset", actor=owner.id)
    tell(told)
    flash("Your password is changed and all sessions have ended. Sign in with it.", "message")
    return see("account.login")


@bp.get("/verify/<token>")
@public
def verify_address(token: str) -> Response:
    """A GET changes nothing: mail scanners follow links. The button confirms."""
    found = _confirming(token)
    status = 200 if found else 404
    state = "ask" if found else "stale"
    return page("account/verify.html", "verify", status, state=state, form=BlankForm())


@bp.post("/verify/<token>")
@public
def confirm_address(token: str) -> BaseResponse:
    found = _confirming(token)
    owner = found and db.session.get(User, found.user_id)
    if not found or not owner or not take_address(found, owner, clock.now()):
        db.session.rollback()
        return page("account/verify.html", "verify", 404, state="stale", form=BlankForm())
    audit.record("account.address_confirmed", actor=owner.id)
    db.session.commit()
    return page("account/verify.html", "verify", state="done", form=BlankForm())


def _confirming(token: str) -> OneTimeToken | None:
    """A link that confirms an address: the present one, or one to change to."""
    now = clock.now()
    return OneTimeToken.valid(token, "verify", now) or OneTimeToken.valid(token, EMAIL, now)


@bp.post("/account/email")
@allows("self")
@fresh
def change_address() -> BaseResponse:
    form = AddressForm(user=current_user)
    if not form.validate():
        return account(address_form=form, status=422)
    if wait := count_tries((ADDRESS, str(current_user.id))):
        form.email.errors = [limits.words(wait)]
        return too_often(account(address_form=form, status=429), wait)
    wanted = fold(form.email.data or "")
    token = OneTimeToken.prepare(current_user, EMAIL, wanted, clock.now(), minutes=60)
    audit.record("account.address_asked")
    db.session.commit()
    queue.enqueue(jobs.send_address_change, token.id, on="default")
    tell_of_mail(f"A link is on its way to {wanted}. Your address changes when you confirm it.")
    return see("account.account")


@bp.post("/account/verification")
@allows("self")
def resend_verification() -> BaseResponse:
    if wait := count_tries((VERIFY, str(current_user.id))):
        flash(limits.words(wait), "notice")
        audit.unchanged()
        return too_often(see("account.account"), wait)
    audit.record("account.verification_asked")
    db.session.commit()
    queue.enqueue(jobs.send_verification, current_user.id, on="default")
    tell_of_mail("A new link is on its way to your address.")
    return see("account.account")
