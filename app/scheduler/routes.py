"""Lists of posts by state; the calendar and the queue add their pages to these."""

from flask import Blueprint, Response, abort, g, request

from app.account.forms import normal
from app.db import db
from app.scheduler import lists
from app.scheduler.labels import Label
from app.scheduler.lists import Wanted
from app.scheduler.searching import LONGEST
from app.web import allows, ids, page, page_asked

bp = Blueprint("scheduler", __name__)


@bp.get("/posts")
@allows("organization.view")
def posts() -> Response:
    this, wanted = page_asked(), wanted_posts()
    rows, pages = lists.a_page(g.member, wanted, this)
    if this > pages:
        abort(404)
    return page(
        "scheduler/posts.html",
        "posts",
        rows=rows,
        states=lists.tabs(g.member, wanted),
        wanted=wanted,
        pagination={
            "page": this,
            "pages": pages,
            "previous_url": wanted.page_url(this - 1) if this > 1 else None,
            "next_url": wanted.page_url(this + 1) if this < pages else None,
        },
    )


def wanted_posts() -> Wanted:
    """What the address asks for; 404 for a state that is none, or a label that isn't ours."""
    state = request.args.get("state", "")
    if state and state not in lists.SHOWN:
        abort(404)
    asked = normal(request.args.get("q", "")).strip()[:LONGEST]
    return Wanted(state, _label(), asked)


def _label() -> Label | None:
    if "label" not in request.args:
        return None
    [id] = ids([request.args["label"]]) or abort(404)
    return db.session.scalar(Label.of(g.member).where(Label.id == id)) or abort(404)
