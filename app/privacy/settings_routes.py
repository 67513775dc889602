"""/settings/privacy: what is held about the person who asks, row by row, and where to act on it."""

from flask import Blueprint, Response, abort
from flask_login import current_user

from app.db import db
from app.privacy.exports import holder_of
from app.privacy.holdings import PAGE, holdings, look, portion_named
from app.privacy.portions import Holder
from app.privacy.words import title
from app.web import allows, page, page_asked

LAST_PAGE = 10_000
bp = Blueprint("privacy_settings", __name__, url_prefix="/settings/privacy")


DOORS = (
    ("data", "What is held", "Every kind of data, why, and until when", "list"),
    ("exports", "Take a copy", "All of it as a zip that other software reads", "file-text"),
    ("imports", "Bring a copy back", "A zip from here or from another instance", "undo-2"),
    ("corrections", "Correct", "What you can't change yourself", "pencil"),
    ("restriction", "Restrict", "Your data are kept and not used", "lock"),
    ("objections", "Object", "To what rests on our interest alone", "ban"),
    ("deletion", "Delete everything", "See exactly what happens before you decide", "trash-2"),
    ("requests", "Your requests", "What a person has to answer, with state and date", "inbox"),
    ("looks", "Who looked", "When one who runs this instance looked at your data, and why", "eye"),
    ("consents", "Consents", "What you allowed; all off until you say yes", "check"),
    ("telemetry", "What leaves", "What was sent about you in 30 days, letter by letter", "send"),
)


@bp.get("")
@allows("self")
def index() -> Response:
    held = holdings(db.metadata, about_me())
    return page("privacy/settings.html", "settings", holdings=held, doors=DOORS)


@bp.get("/data")
@allows("self")
def data() -> Response:
    held = holdings(db.metadata, about_me())
    return page("privacy/data.html", "data", holdings=held)


@bp.get("/data/<table>")
@allows("self")
def rows(table: str) -> Response:
    portion = portion_named(db.metadata, about_me(), table) or abort(404)
    number = page_asked(LAST_PAGE)
    found = look(portion, number)
    return page(
        "privacy/rows.html",
        "rows",
        title=title(table),
        table=table,
        names=[column.name for column in portion.shown],
        rows=found[:PAGE],
        number=number,
        has_more=len(found) > PAGE,
        left_out=portion.left_out,
    )


def about_me() -> Holder:
    """Only what is mine as a person; what I own through an organisation is in the copy."""
    mine = holder_of(current_user)
    return Holder(mine.id, mine.address)
