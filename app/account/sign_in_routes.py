"""Signing in and out with a password. Part of the account's pages."""

import json

from flask import flash, redirect, request, session
from flask_login import current_user, logout_user
from sqlalchemy import Row, bindparam, select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import entering, factors, jobs, limits, sessions, visits, watching
from app.account.factor_forms import PasskeyForm
from app.account.forms import LoginForm
from app.account.hashing import verify
from app.account.limits import SIGN_IN, SIGN_IN_HERE, SIGN_IN_NETWORK
from app.account.models import User, fold
from app.account.routes import asker, bp, count_each, too_often
from app.account.watching import Tries
from app.db import db
from app.origins import safe_path
from app.returning import keep_typed
from app.web import allows, page, public, see


@bp.get("/login")
@public
def login(
    form: LoginForm | None = None, status: int = 200, passkey: PasskeyForm | None = None
) -> BaseResponse:
    if current_user.is_authenticated and status == 200:
        return redirect(safe_path(request.args.get("next")), 303)
    form = form or LoginForm(formdata=None, next=request.args.get("next", ""), typed="")
    passkey = passkey or PasskeyForm(
        formdata=None, next=form.next.data or "", typed=form.typed.data or ""
    )
    return page("account/login.html", "login", status, form=form, passkey=passkey)


@bp.post("/login")
@public
def sign_in() -> BaseResponse:
    form = LoginForm()
    if not form.validate():
        return login(form, 422)
    email, where, now = fold(form.email.data or ""), visits.present(), clock.now()
    place = f"{email}\n{where.device}\n{where.network}"
    subjects = ((SIGN_IN, email), (SIGN_IN_HERE, place), (SIGN_IN_NETWORK, asker()))
    address, here, network = count_each(*subjects)
    tries = Tries(address, here)
    if network or tries.is_hopeless:
        return _refuse(form, max(address, here, network))
    kept = db.session.execute(KEPT, {"address": email}).one_or_none()
    user = _proven(kept, form.password.data or "")
    if not user:
        known = kept.id if kept else None
        told = watching.note(email, known, where, now)
        audit.record("account.sign_in_failed", subject=known)
        tell(*told)
        return _refuse(form, address)
    if not tries.may_enter(user, where, now):
        return _refuse(form, address)
    for limit, subject in subjects:
        limits.give_back(limit, subject, now)
    user.refresh_hash(form.password.data or "")
    return go_on(user, form)


KEPT = select(User.id, User.password_hash).where(User.email == bindparam("address"))


def _proven(kept: Row[int, str | None] | None, password: str) -> User | None:
    """Whose password it is. A person is made of the row only then: that takes a time that can be
    told. What was changed meanwhile is not right any more."""
    is_right = verify(kept.password_hash if kept else None, password)
    user = db.session.get(User, kept.id) if kept and is_right else None
    return user if user and kept and user.password_hash == kept.password_hash else None


def _refuse(form: LoginForm, wait: int) -> BaseResponse:
    """The same words for a wrong password and for an address that we don't know."""
    if wait:
        form.password.errors = [limits.words(wait)]
        return too_often(login(form, 429), wait)
    form.password.errors = ["Address and password don't belong together."]
    return login(form, 422)


def go_on(user: User, form: LoginForm) -> BaseResponse:
    """The password was right: in, or to the second factor."""
    onward, typed = safe_path(form.next.data), form.typed.data or ""
    proof = sessions.stamp(user.password_hash)
    if not factors.has_second(user):
        return let_in(user, "password", onward, typed, proof=proof)
    audit.record("account.password_accepted", actor=user.id)
    db.session.commit()
    entering.wait_for_factor(user, onward, typed, clock.now(), proof)
    return see("account.second_factor")


def let_in(
    user: User, how: str, onward: str, typed: str, *also: int | None, proof: str = ""
) -> BaseResponse:
    """Everything is proven: remember the device, begin the session, go where they wanted to."""
    now, proof = clock.now(), proof or sessions.stamp(user.password_hash)
    told = watching.arrival(user, visits.present(), now)
    audit.record("account.signed_in", actor=user.id, how=how)
    tell(*told, *also)
    entering.enter(user, now, proof)
    restore(onward, typed)
    return redirect(onward, 303)


def tell(*alerts: int | None) -> None:
    """Commit, then ring for the mails."""
    db.session.commit()
    for id in filter(None, alerts):
        queue.enqueue(jobs.send_alert, id, on="default")


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


def on_lost_session(path: str, fields: dict[str, list[str]]) -> BaseResponse:
    """A form came without a session: sign in, and the form comes back as it was typed."""
    form = LoginForm(formdata=None, next=path, typed=json.dumps(fields))
    flash("Your session has ended. Sign in and nothing you typed is lost.", "notice")
    return login(form, 401)


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
