"""The queue: looked at, and put into another order."""

from typing import Any

from flask import Response, abort, flash, g, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.channels.models import Channel, find_channel
from app.db import db
from app.queue import wake_clock
from app.scheduler import queue_page, queueing, setting_aside
from app.scheduler.post_routes import movable
from app.scheduler.routes import bp
from app.scheduler.sheets import channels
from app.web import allows, ids, page, see

CHANGED = "The queue changed meanwhile; it is shown as it is now."


@bp.get("/queue")
@allows("organization.view")
def queue() -> Response:
    known, now, zone = channels(), clock.now(), current_user.zone
    [id] = ids([request.args.get("channel", "")]) or [0]
    chosen = next((one for one in known if one.id == id), None)
    if request.args.get("channel") and not chosen:
        abort(404)
    days = (
        queue_page.of_channel(g.member, chosen, zone, now)
        if chosen
        else queue_page.of_all(g.member, [one for one in known if not one.set_aside_at], zone, now)
    )
    [moved] = ids([request.args.get("moved", "")]) or [0]
    return page(
        "scheduler/queue.html",
        "queue",
        days=days,
        channels=known,
        chosen=chosen,
        moved=moved,
        way="down" if request.args.get("way") == "down" else "up",
        count=sum(not one["is_free"] for day in days for one in day["entries"]),
        before=request.args.get("before", "") if chosen else "",
        resting=setting_aside.count_held(g.member.organization_id),
        form=BlankForm(),
    )


def _mine(id: int) -> Channel:
    return find_channel(g.member, id) or abort(404)


@bp.get("/queue/<int:id>/order")
@allows("post.reschedule")
def shuffle(id: int) -> Response:
    """Another order, looked at before it counts."""
    found = _mine(id)
    rows = queueing.queued(g.member, id, clock.now())
    order = queueing.shuffled(rows, g.member)
    return page(
        "scheduler/shuffle.html",
        "shuffle",
        channel=found,
        rows=queue_page.before_and_after(rows, order),
        order=_listed(order),
        form=BlankForm(),
    )


@bp.post("/queue/<int:id>/order")
@allows("post.reschedule")
def reorder(id: int) -> BaseResponse:
    """A whole order, or one post a place up or down."""
    found, now = _mine(id), clock.now()
    rows = queueing.queued(g.member, id, now, hold=True)
    before = _listed([one.id for one in rows])
    try:
        moves = queueing.moves(rows, _wanted(rows))
    except queueing.Changed:
        audit.unchanged()
        flash(CHANGED, "notice")
        return see("scheduler.queue", channel=id)
    for one, _ in moves:
        movable(one.post_id)
    queueing.carry_out(moves, g.member, current_user.zone, now)
    return _done(found, moves, before)


def _wanted(rows: Any) -> list[int]:
    for name, by in (("up", -1), ("down", 1)):
        if picked := ids([request.form.get(name, "")]):
            return queueing.swapped(rows, picked[0], by)
    return ids(request.form.get("order", "").split(","))


def _listed(order: list[int]) -> str:
    return ",".join(map(str, order))


def _done(found: Channel, moves: queueing.Moves, before: str) -> BaseResponse:
    if not moves:
        audit.unchanged()
        return see("scheduler.queue", channel=found.id)
    audit.record("queue.reordered", channel=found.id, posts=[one.post_id for one, _ in moves])
    db.session.commit()
    wake_clock()
    way = "up" if request.form.get("up") else "down"
    if picked := ids([request.form.get(way, "")]):
        return see("scheduler.queue", channel=found.id, moved=picked[0], way=way)
    flash("The order is changed.", "message")
    return see("scheduler.queue", channel=found.id, before=before)
