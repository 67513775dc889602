"""Pause and resume: one channel, or everything that the organisation publishes."""

from flask import abort, flash, g
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account.models import Organization
from app.channels.models import Channel, find_channel
from app.db import db
from app.publishing import jobs, pausing
from app.publishing.routes import bp
from app.web import allows, see


@bp.post("/channels/<int:id>/pause")
@allows("publishing.pause")
def pause_channel(id: int) -> BaseResponse:
    found = find_channel(g.member, id) or abort(404)
    _pause(found, channel=id)
    return see("channels.channel", id=id)


@bp.post("/channels/<int:id>/resumption")
@allows("publishing.pause")
def resume_channel(id: int) -> BaseResponse:
    found = find_channel(g.member, id) or abort(404)
    _resume(found, channel=id)
    return see("scheduler.queue", channel=id)


@bp.post("/queue/pause")
@allows("publishing.pause")
def pause_all() -> BaseResponse:
    _pause(g.member.organization)
    return see("scheduler.queue")


@bp.post("/queue/resumption")
@allows("publishing.pause")
def resume_all() -> BaseResponse:
    _resume(g.member.organization)
    return see("scheduler.queue")


def _pause(what: Channel | Organization, **where: int) -> None:
    if pausing.pause(what, clock.now()):
        audit.record("publishing.paused", **where)
    else:
        audit.unchanged()
    db.session.commit()
    flash("Paused. Nothing goes out until somebody resumes.", "message")


def _resume(what: Channel | Organization, **where: int) -> None:
    count = pausing.resume(what, g.member.organization_id, clock.now())
    if count is None:
        audit.unchanged()
    else:
        audit.record("publishing.resumed", posts=count, **where)
    db.session.commit()
    queue.enqueue(jobs.publish, on="publish")
    queue.wake_clock()
    flash(f"Publishing goes on.{_told(count)}", "message")


def _told(count: int | None) -> str:
    if not count:
        return ""
    posts = "1 post" if count == 1 else f"{count} posts"
    return f" {posts} waited: what is not too late goes out, one a minute on each channel."
