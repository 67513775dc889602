"""Lists of posts by state; the calendar and the queue add their pages to these."""

from flask import Blueprint, Response, abort, g, request

from app.db import db
from app.scheduler import lists
from app.scheduler.labels import Label
from app.web import allows, ids, page

bp = Blueprint("scheduler", __name__)


@bp.get("/posts")
@allows("organization.view")
def posts() -> Response:
    state = request.args.get("state", "")
    number = request.args.get("page", "1")
    if (state and state not in lists.SHOWN) or not number.isdecimal() or len(number) > 6:
        abort(404)
    this = max(1, int(number))
    chosen = _label()
    rows, pages = lists.in_state(g.member, state, this, chosen)
    if this > pages:
        abort(404)
    return page(
        "scheduler/posts.html",
        "posts",
        rows=rows,
        states=lists.tabs(g.member, state, chosen),
        label=chosen,
        pagination={
            "page": this,
            "pages": pages,
            "previous_url": _page_url(state, chosen, this - 1) if this > 1 else None,
            "next_url": _page_url(state, chosen, this + 1) if this < pages else None,
        },
    )


def _label() -> Label | None:
    """The label that was asked for; 404 for one that isn't the organisation's."""
    if "label" not in request.args:
        return None
    [id] = ids([request.args["label"]]) or abort(404)
    return db.session.scalar(Label.of(g.member).where(Label.id == id)) or abort(404)


def _page_url(state: str, label: Label | None, number: int) -> str:
    return lists.url(state, label, page=number)
