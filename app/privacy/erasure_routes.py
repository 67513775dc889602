"""/settings/privacy/deletion: look at exactly what happens, decide, take back; and the certificate that
anybody with its address can read."""

from datetime import timedelta
from typing import Any

from flask import Flask, Response, abort, flash, request, session
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, signing
from app.account.forms import BlankForm
from app.db import db
from app.privacy import erasure_jobs, erasure_plan, erasures
from app.privacy.erasure_forms import DeletionForm
from app.privacy.erasures import COOLING_TIME, WORDS, Impossible, open_of, owned_alone
from app.privacy.exports import holder_of
from app.privacy.portions import Holder
from app.privacy.restriction import WORDS as WHY_RESTRICTED
from app.privacy.routes import bp as public_bp
from app.privacy.settings_routes import bp
from app.privacy.words import title
from app.web import allows, fresh, page, public, see

OPEN_WHILE_CLOSING = {
    "account.logout",
    "account.confirm",
    "account.confirm_again",
    "privacy_settings.deletion",
    "privacy_settings.take_back_deletion",
    "privacy_settings.exports",
    "privacy_settings.fetch_export",
}


STILL_OPEN = ("static", "pages", "privacy", "privacy_settings", "my_requests", "privacy_requests")


def init_app(app: Flask) -> None:
    app.before_request(_only_the_way_out)
    app.before_request(_only_keep)


def _only_keep() -> None:
    """Whose data are restricted may look and use their rights, and change nothing else."""
    if request.method in ("GET", "HEAD") or not current_user.is_authenticated:
        return
    if current_user.restricted_at is None or request.endpoint in OPEN_WHILE_CLOSING:
        return
    if (request.endpoint or "").split(".")[0] not in STILL_OPEN:
        abort(403, WHY_RESTRICTED)


def _only_the_way_out() -> BaseResponse | None:
    """Who asked to be deleted may take it back, take their copy, and sign out."""
    if not current_user.is_authenticated or current_user.closing_at is None:
        return None
    view = request.endpoint or ""
    if view in OPEN_WHILE_CLOSING or view.split(".")[0] in ("static", "pages", "privacy"):
        return None
    return see("privacy_settings.deletion")


@bp.get("/deletion")
@allows("self")
def deletion(form: DeletionForm | None = None, status: int = 200) -> Response:
    running = open_of(current_user)
    owned = owned_alone(current_user)
    gone = tuple(one.organization.id for one in owned if not one.others)
    return page(
        "privacy/deletion.html",
        "deletion",
        status,
        running=running,
        words=WORDS,
        form=form or DeletionForm(formdata=None, address=current_user.email),
        plan=_shown(gone),
        owned=owned,
        days=COOLING_TIME.days,
        blank=BlankForm(),
    )


def _shown(organizations: tuple[int, ...]) -> list[dict[str, Any]]:
    """The plan as lines: what, how many rows, what happens to them."""
    mine = holder_of(current_user)
    holder = Holder(mine.id, mine.address, organizations)
    return [
        {"title": title(act.table.name), "rows": rows, "word": act.word}
        for act, rows in erasure_plan.preview(db.metadata, holder)
    ]


@bp.post("/deletion")
@allows("self")
@fresh
def ask_deletion() -> BaseResponse:
    form = DeletionForm(address=current_user.email)
    if not form.validate():
        return deletion(form, 422)
    now = clock.now()
    try:
        choices = erasures.settle(current_user, form.choices_of(request.form))
    except Impossible as missing:
        form.email.errors = [str(missing)]
        return deletion(form, 422)
    wait = timedelta() if form.at_once.data else COOLING_TIME
    erasure = erasures.begin(current_user, choices, now + wait, now)
    audit.record("erasure.asked", erasure=erasure.id)
    code, id = erasure.code, erasure.id
    db.session.commit()
    queue.enqueue(erasure_jobs.tell_of_request, id, on="default")
    erasure_jobs.ring_for_closing()
    if form.at_once.data:
        queue.enqueue(erasure_jobs.erase, id, on="default")
    logout_user()
    session.clear()
    return see("privacy.certificate", code=code)


@bp.post("/deletion/cancellation")
@allows("self")
def take_back_deletion() -> BaseResponse:
    running = open_of(current_user) or abort(404)
    if not erasures.take_back(running):
        abort(409, "It has begun and can't be taken back.")
    audit.record("erasure.taken_back", erasure=running.id)
    db.session.commit()
    erasure_jobs.ring_for_closing()
    flash("Your account stays. Nothing was deleted.", "message")
    return see("privacy_settings.index")


@public_bp.get("/privacy/deletions/<code>")
@public
def certificate(code: str) -> Response:
    erasure = erasures.by_code(code) or abort(404)
    facts = {
        "asked_at": erasure.asked_at.isoformat(),
        "closed_at": erasure.closed_at.isoformat() if erasure.closed_at else None,
        "state": erasure.state,
        "plan": erasure.plan_hash,
        "steps": erasure.steps,
        "kept": erasure.kept,
    }
    return page(
        "privacy/certificate.html",
        "certificate",
        erasure=erasure,
        words=WORDS,
        facts=facts,
        signature=signing.sign(signing.canonical(facts)),
    )
