"""Signing up, and the account page."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import devices, jobs, limits, visits
from app.account.entering import enter
from app.account.forms import (
    AddressForm,
    ProfileForm,
    SignupForm,
)
from app.account.limits import SIGN_UP_NETWORK
from app.account.signup import AddressTaken, Application, join
from app.db import db
from app.origins import safe_path
from app.returning import restore_typed
from app.web import allows, page, public, see

bp = Blueprint("account", __name__)


@bp.get("/signup")
@public
def signup(form: SignupForm | None = None, status: int = 200) -> BaseResponse:
    if current_user.is_authenticated and status == 200:
        return see("scheduler.calendar")
    version = current_app.config["POLICY_VERSION"]
    form = form or SignupForm(next=request.args.get("next", ""))
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
    organization = form.organization.data or ""
    try:
        user = join(apply_by(form, form.email.data or "", organization, "UTC"), clock.now())
    except AddressTaken:  # told to whoever has filled in everything, seldom
        form.email.errors = ["There is an account with this address. Sign in instead."]
        return signup(form, 422)
    devices.remember(user, visits.present(), clock.now())
    audit.record("account.created", actor=user.id)
    db.session.commit()
    queue.enqueue(jobs.send_verification, user.id, on="default")
    enter(user, clock.now())
    if form.next.data:
        return redirect(safe_path(form.next.data), 303)
    flash("Welcome. Choose where your posts go; the sandbox needs no account elsewhere.", "message")
    return see("channels.choose")


def apply_by(form: Any, email: str, organization: str, timezone: str) -> Application:
    """What a form to join with was filled in with; `timezone` is the one of who named none."""
    return Application(
        name=form.name.data or "",
        email=email,
        password=form.password.data or "",
        organization=organization,
        timezone=form.timezone.data or timezone,
        policy_version=current_app.config["POLICY_VERSION"],
    )


def asker() -> str:
    return limits.place(request.remote_addr)


def count_tries(*subjects: tuple[limits.Limit, str]) -> int:
    """Count a try against each limit, kept whatever becomes of the request; seconds to wait."""
    return max(count_each(*subjects))


def count_each(*subjects: tuple[limits.Limit, str]) -> list[int]:
    """The same, with the seconds to wait for each."""
    waits = [limits.take(limit, subject, clock.now()) for limit, subject in subjects]
    db.session.commit()
    return waits


def too_often(response: BaseResponse, wait: int) -> BaseResponse:
    response.headers["Retry-After"] = str(wait)  # RFC 9110 10.2.3
    return response


@bp.get("/account")
@allows("self")
def account(
    form: ProfileForm | None = None,
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
