"""/settings/privacy/imports: upload a copy, see what would come back, decide, watch."""

from collections.abc import Iterator
from typing import IO

from flask import Response, abort, flash, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, storage
from app.account.forms import BlankForm
from app.db import db
from app.privacy import import_jobs, imports
from app.privacy.imports import WORDS, ImportRun
from app.privacy.settings_routes import bp
from app.sizes import takes_files
from app.web import allows, fresh, page, see

ZIP = b"PK\x03\x04"
PIECE = 256 * 1024


@bp.get("/imports")
@allows("self")
def list_imports(problem: str = "", status: int = 200) -> Response:
    runs = db.session.scalars(ImportRun.of(current_user).limit(20)).all()
    return page(
        "privacy/imports.html",
        "imports",
        status,
        runs=runs,
        words=WORDS,
        is_live=any(run.is_under_way for run in runs),
        problem=problem,
        form=BlankForm(),
    )


@bp.post("/imports")
@allows("self")
@fresh
@takes_files
def upload_import() -> BaseResponse:
    sent = request.files.get("copy")
    head = sent.stream.read(len(ZIP)) if sent else b""
    if not sent or head != ZIP:
        return list_imports(
            "Choose the zip of a copy that was made here or on another instance.", 422
        )
    try:
        run = imports.receive(current_user, _pieces(head, sent.stream), clock.now())
    except imports.TooMany as rule:
        return list_imports(str(rule), 422)
    audit.record("import.uploaded", run=run.id)
    db.session.commit()
    queue.enqueue(import_jobs.check_import, run.id, on="default")
    flash(
        "Your copy is being looked at. Nothing is changed before you have seen what comes.",
        "message",
    )
    return see("privacy_settings.list_imports")


def _pieces(head: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    yield head
    yield from iter(lambda: rest.read(PIECE), b"")


@bp.post("/imports/<int:id>/confirmation")
@allows("self")
@fresh
def confirm_import(id: int) -> BaseResponse:
    run = _decidable(id)
    run.state = imports.CONFIRMED
    audit.record("import.confirmed", run=run.id)
    db.session.commit()
    queue.enqueue(import_jobs.bring_import, run.id, on="default")
    flash("Your copy is coming back. You may leave this page; the result will be here.", "message")
    return see("privacy_settings.list_imports")


@bp.post("/imports/<int:id>/removal")
@allows("self")
def drop_import(id: int) -> BaseResponse:
    run = _decidable(id)
    gone = imports.end(run, imports.DROPPED, clock.now())
    audit.record("import.dropped", run=run.id)
    db.session.commit()
    storage.discard(str(gone))
    flash("The uploaded copy is gone.", "message")
    return see("privacy_settings.list_imports")


def _decidable(id: int) -> ImportRun:
    imports.find(current_user, id) or abort(404)
    run = imports.find_decidable(current_user, id)
    return run or abort(409, "This copy was decided about already, or its file is gone.")
