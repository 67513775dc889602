"""Calendar, queue and lists: where posts are looked at."""

from datetime import date, timedelta

from flask import Blueprint, Response, abort, g, request
from flask_login import current_user

from app import clock
from app.db import db
from app.scheduler import calendar as months
from app.scheduler import lists
from app.scheduler.labels import Label
from app.web import allows, ids, page

bp = Blueprint("scheduler", __name__)


@bp.get("/calendar")
@allows("organization.view")
def calendar() -> Response:
    now, zone = clock.now(), current_user.zone
    first = months.parse_month(request.args.get("month"), now.astimezone(zone).date())
    if first is None:
        abort(404)
    return page(
        "scheduler/calendar.html",
        "calendar",
        month=months.lay_out(g.member, first, zone, now),
        weekdays=months.WEEKDAYS,
    )


@bp.get("/calendar/<day>")
@allows("organization.view")
def day(day: str) -> Response:
    try:
        this = date.fromisoformat(day)
        after, before = this + timedelta(days=1), this - timedelta(days=1)
    except (ValueError, OverflowError):
        abort(404)
    if this.year not in months.YEARS:
        abort(404)
    shown = {
        "title": f"{this:%A} {this.day} {this:%B %Y}",
        "date": this.isoformat(),
        "month": f"{this:%Y-%m}",
        "previous_url": f"/calendar/{before.isoformat()}",
        "next_url": f"/calendar/{after.isoformat()}",
        "new_url": f"/posts/new?on={this.isoformat()}",
    }
    rows = lists.on_day(g.member, this, after, current_user.zone)
    return page("scheduler/day.html", "day", day=shown, rows=rows)


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
