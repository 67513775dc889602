"""What the composer shows while somebody writes: previews, and when it would go out."""

from flask import Response, g, request

from app import clock
from app.db import db
from app.scheduler.composer_page import when
from app.scheduler.link_cards import UNSEEN, Looked
from app.scheduler.models import Post
from app.scheduler.post_routes import bp
from app.scheduler.sheets import Sheet, read_sheet
from app.web import allows, ids, page, unaudited


@bp.post("/preview")
@allows("post.create")
@unaudited("shows what would be sent; nothing is kept")
def show_previews() -> Response:
    return _previews(_typed(), UNSEEN)


@bp.post("/card")
@allows("post.create")
@unaudited("reads the pages that are linked to; nothing is kept")
def show_cards() -> Response:
    sheet = _typed()
    return _previews(sheet, sheet.look())


def _previews(sheet: Sheet, looked: Looked) -> Response:
    previews = sheet.previews(looked.cards)
    return page("scheduler/previews.html", "previews", previews=previews, looked=looked)


@bp.post("/dates")
@allows("post.create")
@unaudited("shows when it would go out; nothing is kept")
def show_dates() -> Response:
    sheet = _typed()
    sheet.form.validate()
    dates = when(sheet, clock.now())
    return page("scheduler/dates.html", "dates", form=sheet.form, **dates)


def _typed() -> Sheet:
    [id] = ids([request.form.get("post", "")]) or [0]
    return read_sheet(post=db.session.scalar(Post.of(g.member).where(Post.id == id)))
