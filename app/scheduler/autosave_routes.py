"""A draft saved by itself while somebody writes."""

from flask import Response, g, jsonify, make_response, request
from sqlalchemy.exc import IntegrityError

from app import audit, clock, moments
from app.db import db
from app.scheduler import autosaving
from app.scheduler.composing import Leaving
from app.scheduler.hands import Hand, Stale
from app.scheduler.meeting_routes import WORDS, named
from app.scheduler.models import Post
from app.scheduler.post_routes import NOT_YOURS, author, bp
from app.scheduler.sheets import Sheet, read_sheet
from app.web import allows, ids

BESIDE = " New labels and new files are saved with the button."


@bp.post("/draft")
@allows("post.create")
def autosave() -> Response:
    """JSON: `post`, `version` and `words` for the form; 204 while a new one says nothing. Else nothing
    was saved, and `words` say why; `meets` when another version stands."""
    found = named()
    if found and not found.may_be_edited_by(g.member):
        return _refuse(403, f"Not saved. {NOT_YOURS.format(author(found))}")
    sheet = read_sheet(post=found)
    if not sheet.is_keepable():
        return _refuse(422, f"Not saved. {next(iter(sheet.form.troubles.values()))[0]}")
    try:
        return _save(sheet, found)
    except Leaving as trouble:
        return _refuse(409, f"Not saved. {trouble}")
    except Stale:
        return _refuse(409, f"Not saved. {WORDS} Both stand above.", meets=True)
    except IntegrityError:  # the same form arrived twice at once
        return _refuse(503, "Not saved yet. We try again.")


def _save(sheet: Sheet, found: Post | None) -> Response:
    now, hand = clock.now(), Hand.read(request.form.get("typing", ""))
    made, is_less = autosaving.rough(sheet.composition("draft"), g.member, found)
    if found:
        [version] = ids([sheet.form.version.data or ""]) or [0]
        if autosaving.go_on(found, g.member, made, version, hand, now):
            audit.record("post.changed", post=found.id, version=found.version, own_yes=False)
    elif autosaving.says_nothing(made):
        audit.unchanged()
        return make_response("", 204)
    else:
        found = autosaving.begin(g.member, made, sheet.form.nonce.data or "", hand, now)
        audit.record("post.created", post=found.id, state=found.state, own_yes=False)
    audit.unchanged()  # one line for each go of writing, not for each pause in it
    db.session.commit()
    is_less = is_less or "unsent" in request.form
    words = f"Saved at {moments.hour(now)}.{BESIDE if is_less else ''}"
    return jsonify(post=found.id, version=found.version, words=words)


def _refuse(status: int, words: str, *, meets: bool = False) -> Response:
    db.session.rollback()
    return make_response(jsonify(words=words, meets=meets), status)
