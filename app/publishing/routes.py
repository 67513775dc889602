"""Needs your eyes: what the engine will not guess, what is known of it, and its buttons."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, telemetry
from app.account.forms import BlankForm
from app.db import db
from app.publishing import decisions, jobs, late, standing
from app.scheduler.life import HELP
from app.scheduler.lists import first_words
from app.scheduler.models import Delivery
from app.scheduler.post_routes import author, movable
from app.scheduler.states import HELD, NO_PLACE, PENDING, may_be_out
from app.web import allows, page, see

bp = Blueprint("publishing", __name__)
REST = "Go on with the rest, or leave it there."


@bp.get("/attention")
@allows("organization.view")
def attention() -> Response:
    now = clock.now()
    waiting = decisions.waiting(g.member)
    facts = standing.of(waiting, now)
    rows = [_row(one, facts[one.id]) for one in waiting]
    late_ones = [row for row in rows if row["is_late"] and row["may_decide"]]
    for row in late_ones[: late.AT_ONCE]:
        row["is_ticked"] = True
    return page(
        "scheduler/attention.html",
        "attention",
        rows=rows,
        overdue=len(late_ones),
        at_once=late.AT_ONCE,
        form=BlankForm(),
    )


def _row(one: Delivery, facts: list[standing.Fact]) -> dict[str, Any]:
    return {
        "id": one.id,
        "post_url": f"/posts/{one.post_id}",
        "words": first_words(one.post.text) or "Picture",
        "network": one.channel.network,
        "network_name": one.channel.network_name,
        "handle": one.channel.handle,
        "channel": one.channel.way_back,
        "state": one.state,
        "hold": one.hold,
        "reason": one.reason,
        "help": HELP.get(one.hold) or (REST if one.steps else "Edit it, or publish it again now."),
        "facts": facts,
        "steps": len(one.steps),
        "is_unknown": may_be_out(one.state, one.hold),
        "is_late": one.hold == "late",
        "has_no_place": one.hold == NO_PLACE,
        "is_ticked": False,
        "author": author(one.post),
        "may_decide": one.post.may_be_moved_by(g.member),
    }


@bp.get("/deliveries/<int:id>/again")
@allows("post.resolve")
def again(id: int) -> Response:
    """Asked once more before something goes out that may be out already."""
    found = decisions.find(g.member, id) or abort(404)
    movable(found.post_id)
    row = _row(found, standing.of([found], clock.now())[id])
    return page("scheduler/again.html", "again", one=row, form=BlankForm())


@bp.post("/deliveries/<int:id>/decision")
@allows("post.resolve")
def decision(id: int) -> BaseResponse:
    found = decisions.find(g.member, id) or abort(404)
    movable(found.post_id)
    decided, url = request.form.get("decision", ""), request.form.get("url", "").strip()
    if decided not in decisions.WORDS:
        abort(422, "Choose one of the three.")
    if url and not (url.startswith(("https://", "http://")) and url.isprintable()):
        abort(422, "The link must begin with https://.")
    if (
        decided == "again"
        and may_be_out(found.state, found.hold)
        and request.form.get("sure") != "yes"
    ):
        audit.unchanged()
        return see("publishing.again", id=id)
    decisions.decide(found, g.member, decided, url[:2000], clock.now())
    telemetry.tell("delivery_decided", g.member.user_id, decision=decided)
    audit.record("delivery.decided", delivery=id, decision=decided)
    db.session.commit()
    if decided == "again":
        queue.enqueue(jobs.publish, on="publish")
    told = {PENDING: "Waiting for approval.", HELD: found.reason}
    flash(told.get(found.state, decisions.WORDS[decided]), "message")
    return see("publishing.attention")


@bp.post("/attention/late")
@allows("post.resolve")
def decide_late() -> BaseResponse:
    """One decision about all that are ticked."""
    ids, decided = request.form.getlist("deliveries"), request.form.get("decision", "")
    if decided not in late.WORDS or not all(id.isdecimal() and len(id) < 10 for id in ids):
        abort(422, "Choose one of the three.")
    found = late.find(g.member, [int(id) for id in ids])
    if not found:
        audit.unchanged()
        flash("Nothing was ticked that is still late.", "notice")
        return see("publishing.attention")
    for one in found:
        movable(one.post_id)
    late.decide(found, g.member, decided, current_user.zone, clock.now())
    audit.record("delivery.late_decided", decision=decided, deliveries=[one.id for one in found])
    db.session.commit()
    queue.enqueue(jobs.publish, on="publish")
    queue.wake_clock()
    flash(late.WORDS[decided], "message")
    return see("publishing.attention")
