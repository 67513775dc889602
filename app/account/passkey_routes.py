"""A person's passkeys: adding, naming and removing them."""

from flask import Response, abort, flash, jsonify
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import challenges, factors, passkeys
from app.account.factor_forms import NewPasskeyForm, PasskeyNameForm
from app.account.factor_routes import added
from app.account.passkeys import Refused
from app.account.routes import bp
from app.account.security_routes import changed
from app.db import db
from app.web import allows, fresh, page, see, unaudited

NEW = "register"


@bp.get("/account/security/passkeys/new")
@allows("self")
@fresh
def new_passkey(form: NewPasskeyForm | None = None, status: int = 200) -> Response:
    form = form or NewPasskeyForm(formdata=None)
    return page("account/passkey.html", "passkey", status, form=form)


@bp.post("/account/security/passkeys/challenge")
@allows("self")
@fresh
@unaudited("hands out something to sign; the passkey that is added is on record")
def challenge_new_passkey() -> Response:
    value = challenges.give(NEW, clock.now())
    options = passkeys.creation_options(current_user, value)
    challenges.name_account(options["user"]["id"])
    return jsonify(options)


@bp.post("/account/security/passkeys")
@allows("self")
@fresh
def add_passkey() -> BaseResponse:
    form, given = NewPasskeyForm(), challenges.take(NEW, clock.now())
    if not form.validate():
        return new_passkey(form, 422)
    if len(passkeys.of(current_user)) >= passkeys.MOST:
        form.name.errors = [f"You have {passkeys.MOST} passkeys. Remove one first."]
        return new_passkey(form, 422)
    try:
        if given is None:
            raise Refused("no challenge")
        passkeys.register(
            current_user, form.credential.data or "", given, form.name.data or "", clock.now()
        )
    except Refused:
        db.session.rollback()
        form.credential.errors = ["That passkey could not be checked. Try again."]
        return new_passkey(form, 422)
    return added("passkey_added", f"The passkey “{form.name.data}” is added.")


@bp.post("/account/security/passkeys/<int:id>/name")
@allows("self")
def name_passkey(id: int) -> BaseResponse:
    key, form = passkeys.find(current_user, id) or abort(404), PasskeyNameForm()
    if not form.validate():
        abort(422, "Give it a name of at most 60 characters.")
    key.name = form.name.data or ""
    audit.record("account.passkey_named")
    db.session.commit()
    flash("Saved.", "message")
    return see("account.security")


@bp.post("/account/security/passkeys/<int:id>/removal")
@allows("self")
@fresh
def remove_passkey(id: int) -> BaseResponse:
    key = passkeys.find(current_user, id) or abort(404)
    if not factors.may_lose_passkey(current_user):
        abort(409, factors.LAST_WAY_IN)
    name = key.name
    db.session.delete(key)
    changed("passkey_removed")
    flash(f"The passkey “{name}” is removed.", "message")
    return see("account.security")
