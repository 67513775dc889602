"""/media: the library of pictures and videos."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField, TextAreaField, ValidationError
from wtforms.validators import Length

from app import audit, clock
from app.account.forms import normal
from app.db import db
from app.forms import Form
from app.media.kinds import PICTURE, VIDEO
from app.media.models import MOST_ALT, MOST_LABELS, Asset
from app.media.renditions import made
from app.media.videos import most_bytes
from app.scheduler import library
from app.scheduler.labels import LONGEST, apart
from app.scheduler.library import Asked
from app.scheduler.uploads import Pictures, add_new
from app.sizes import takes_files
from app.web import allows, page, page_asked, see

bp = Blueprint("library", __name__, url_prefix="/media")
LONGEST_SEARCH = 200


class AssetForm(Form):
    alt = TextAreaField(
        "Alt text",
        [Length(max=MOST_ALT, message=f"At most {MOST_ALT:,} characters.")],
        filters=[normal],
        description="What does it show? Offered whenever it is used; posts that have it keep theirs.",
    )
    labels = StringField(
        "Labels",
        [Length(max=MOST_LABELS, message=f"At most {MOST_LABELS} characters.")],
        filters=[normal],
        description="Commas between them.",
    )

    def validate_labels(self, field: StringField) -> None:
        if any(len(name) > LONGEST for name in apart(field.data.split(",")).values()):
            raise ValidationError(f"A label has at most {LONGEST} characters.")
        if not field.data.isprintable():
            raise ValidationError("A label can only hold characters that can be printed.")


@bp.get("")
@allows("organization.view")
def shelf(status: int = 200, problems: list[str] | None = None) -> Response:
    asked = _asked()
    tiles, pages = library.found(g.member, asked)
    return page(
        "scheduler/library.html",
        "library",
        status,
        asked=asked,
        tiles=tiles,
        pages=pages if asked.page <= pages else abort(404),
        labels=library.labels(g.member),
        kinds=library.kinds(asked),
        room=library.room(g.member),
        video_mb=most_bytes() // 1024 // 1024,
        problems=problems or [],
    )


def _asked(*, in_trash: bool = False) -> Asked:
    """What the address asks for; 404 for what it can't ask."""
    kind = request.args.get("kind", "")
    if kind not in ("", PICTURE, VIDEO):
        abort(404)
    label = normal(request.args.get("label", ""))[:LONGEST]
    return Asked(_search(), label, kind, in_trash, page_asked())


def _search() -> str:
    return normal(request.values.get("search", ""))[:LONGEST_SEARCH].strip()


@bp.post("")
@allows("post.create")
@takes_files
def upload() -> BaseResponse:
    taken = Pictures()
    files = [file for file in request.files.getlist("files") if file.filename]
    add_new(taken, g.member, request.form, files, clock.now())
    if taken.added:
        audit.record("picture.added", count=taken.added)
    else:
        audit.unchanged()
    db.session.commit()
    if taken.problems or not files:
        return shelf(422, taken.problems or ["Choose one or more files first."])
    flash("Added. Say what they show, so that it is there when you use them.", "message")
    return see("library.shelf")


@bp.get("/trash")
@allows("organization.view")
def trash() -> Response:
    asked = _asked(in_trash=True)
    tiles, pages = library.found(g.member, asked)
    asked.page <= pages or abort(404)
    return page("scheduler/trash.html", "trash", asked=asked, tiles=tiles, pages=pages)


@bp.get("/choice")
@allows("post.create")
def choice() -> Response:
    """To pick from: a page by itself, and the composer's dialog."""
    return page("scheduler/choice.html", "choice", **_choice())


def _choice() -> dict[str, Any]:
    asked = Asked(_search())
    tiles, pages = library.found(g.member, asked)
    return {"asked": asked, "tiles": tiles, "more": pages > 1}


@bp.app_template_global()
def library_choice() -> dict[str, Any] | None:
    """What the composer shows to pick from when its button was pressed without JavaScript."""
    return _choice() if request.form.get("action") == "library" else None


@bp.get("/<int:id>/details")
@allows("organization.view")
def details(
    id: int, status: int = 200, form: AssetForm | None = None, needed: Any = ()
) -> Response:
    found = _ours(id)
    return page(
        "scheduler/asset.html",
        "asset",
        status,
        tile=library.tile(found),
        one=found,
        form=form or AssetForm(formdata=None, obj=found),
        uses=library.uses(g.member, found),
        made=made(found.original),
        needed=needed,
    )


@bp.post("/<int:id>/details")
@allows("post.edit")
def describe(id: int) -> BaseResponse:
    found, form = _ours(id), AssetForm()
    if not form.validate():
        return details(id, 422, form)
    library.describe(found, (form.alt.data or "").strip(), form.labels.data or "", g.member)
    audit.record("picture.described", picture=id)
    db.session.commit()
    flash("Saved.", "message")
    return see("library.details", id=id)


@bp.post("/<int:id>/deletion")
@allows("post.edit")
def put_away(id: int) -> BaseResponse:
    needed = library.put_away(g.member, _ours(id), clock.now())
    if needed:
        db.session.rollback()
        audit.unchanged()
        return details(id, 409, needed=needed)
    audit.record("picture.trashed", picture=id)
    db.session.commit()
    flash("In the trash for 30 days. It can be put back until then.", "message")
    return see("library.shelf")


@bp.post("/<int:id>/restoration")
@allows("post.edit")
def put_back(id: int) -> BaseResponse:
    library.put_back(_ours(id))
    audit.record("picture.restored", picture=id)
    db.session.commit()
    flash("Back in the library.", "message")
    return see("library.details", id=id)


def _ours(id: int) -> Asset:
    return db.session.scalar(Asset.of(g.member).where(Asset.id == id)) or abort(404)
