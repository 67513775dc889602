"""Needs your eyes: what the engine will not guess, with its three buttons."""

from flask import Blueprint, Response, abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, telemetry
from app.account.forms import BlankForm
from app.db import db
from app.publishing import decisions, jobs
from app.scheduler.life import HELP
from app.scheduler.lists import first_words
from app.scheduler.post_routes import author, movable
from app.scheduler.states import PENDING
from app.web import allows, page, see

bp = Blueprint("publishing", __name__)


@bp.get("/attention")
@allows("organization.view")
def attention() -> Response:
    rows = [
        {
            "id": delivery.id,
            "post_url": f"/posts/{delivery.post_id}",
            "words": first_words(delivery.post.text) or "Picture",
            "network": delivery.channel.network,
            "network_name": delivery.channel.network_name,
            "handle": delivery.channel.handle,
            "channel": delivery.channel.way_back,
            "state": delivery.state,
            "hold": delivery.hold,
            "reason": delivery.reason,
            "help": HELP.get(delivery.hold, "Edit it, or publish it again now."),
            "at": delivery.due_at,
            "author": author(delivery.post),
            "may_decide": delivery.post.may_be_moved_by(g.member),
        }
        for delivery in decisions.waiting(g.member)
    ]
    return page("scheduler/attention.html", "attention", rows=rows, form=BlankForm())


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
    decisions.decide(found, g.member, decided, url[:2000], clock.now())
    telemetry.tell("delivery_decided", g.member.user_id, decision=decided)
    audit.record("delivery.decided", delivery=id, decision=decided)
    db.session.commit()
    if decided == "again":
        queue.enqueue(jobs.publish, on="publish")
    waits = found.state == PENDING
    flash("Waiting for approval." if waits else decisions.WORDS[decided], "message")
    return see("publishing.attention")
