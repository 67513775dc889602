"""/settings/privacy/exports: ask for a copy, watch it being made, fetch it."""

from itertools import chain

from flask import Response, abort, flash
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account import visits, watching
from app.account.forms import BlankForm
from app.account.sign_in_routes import tell
from app.db import db
from app.privacy import jobs
from app.privacy.exports import WORDS, ExportRun, TooSoon, ask, find_copy, open_copy
from app.privacy.settings_routes import bp
from app.web import allows, fresh, page, see


@bp.get("/exports")
@allows("self")
def exports() -> Response:
    runs = db.session.scalars(ExportRun.of(current_user).limit(20)).all()
    return page(
        "privacy/exports.html",
        "exports",
        runs=runs,
        words=WORDS,
        is_live=any(run.is_under_way for run in runs),
        form=BlankForm(),
    )


@bp.post("/exports")
@allows("self")
def order_export() -> BaseResponse:
    try:
        run = ask(current_user, clock.now())
    except TooSoon as rule:
        abort(409, str(rule))
    audit.record("export.ordered", copy=run.id)
    db.session.commit()
    queue.enqueue(jobs.make_export, run.id, on="default")
    flash("Your copy is being made. You may leave this page; it will be here.", "message")
    return see("privacy_settings.exports")


@bp.post("/exports/<int:id>/file")
@allows("self")
@fresh
def fetch_export(id: int) -> BaseResponse:
    """A POST, since each download is counted and on record."""
    run = find_copy(current_user, id) or abort(404)
    run.downloads += 1
    pieces = open_copy(run)
    first = next(pieces)
    told = watching.copies(current_user, visits.present(), clock.now())
    audit.record("export.fetched", copy=run.id)
    name = f"allstac-{run.asked_at:%Y-%m-%d}-{run.id}.zip"
    tell(told)

    response = Response(chain([first], pieces), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Length"] = str(run.size)
    return response
