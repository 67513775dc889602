"""Waiting for approval: the list, a yes, a no with its reason, and what people say in between."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, flash, g, request
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, moments, queue
from app.account.forms import BlankForm
from app.db import db
from app.scheduler import approving, jobs
from app.scheduler.approval_forms import CommentForm, SendBackForm
from app.scheduler.approving import Answered, Changed
from app.scheduler.composing import Leaving
from app.scheduler.events import PostEvent, note
from app.scheduler.lists import whole
from app.scheduler.models import Post
from app.scheduler.post_routes import bp, facts, mine, post
from app.scheduler.ringing import ring
from app.scheduler.routes import bp as scheduler_bp
from app.web import allows, ids, page, see

MOST = 100


@scheduler_bp.get("/approvals")
@allows("organization.view")
def approvals() -> Response:
    found = db.session.scalars(
        whole(approving.waiting(g.member))
        .options(*(selectinload(one) for one in (Post.events, Post.words, Post.options)))
        .limit(MOST + 1)
    ).all()
    return page(
        "scheduler/approvals.html",
        "approvals",
        rows=[_row(one) for one in found[:MOST]],
        has_more=len(found) > MOST,
        form=BlankForm(),
    )


def _row(found: Post) -> dict[str, Any]:
    asking = [one for one in found.deliveries if approving.is_asking(one)]
    return facts(found) | {
        "asker": found.writer.name if found.writer else "Former member",
        "asked_at": found.asked_at,
        "hash": approving.fingerprint(found),
        "refusal": approving.refusal(found, g.member),
        "channels": [
            {"network": c.network, "handle": c.handle} for c in (d.channel for d in asking)
        ],
        "is_late": any(one.hold for one in asking),
    }


@bp.post("/<int:id>/approval")
@allows("post.approve")
def approve(id: int) -> BaseResponse:
    found, shown = _to_answer(id), request.form.get("hash", "")
    return _answer(found, lambda now: approving.approve(found, g.member, shown, now), "Approved.")


@scheduler_bp.post("/approvals")
@allows("post.approve")
def approve_shown() -> BaseResponse:
    """A yes to each post that is named with the hash of what was read."""
    said, stayed = approving.approve_shown(g.member, _shown(), clock.now())
    for found, event in said:
        audit.record(f"post.{event.kind}", subject=found.author_id, post=found.id)
    if not said:
        audit.unchanged()
    db.session.commit()
    for found, event in said:
        ring(found)
        queue.enqueue(jobs.tell_author, found.id, event.id, on="default")
    flash(f"{len(said)} approved." if said else "Nothing was approved.", "message")
    if stayed:
        flash(f"{stayed} changed meanwhile or had an answer already. Read again.", "notice")
    return see("scheduler.approvals")


def _shown() -> list[tuple[int, str]]:
    """Ids with hashes, as the form sent them: `12:ab…`."""
    sent = [one.partition(":") for one in request.form.getlist("shown")[:MOST]]
    return [(id, shown) for text, _, shown in sent for id in ids([text])]


@bp.post("/<int:id>/rejection")
@allows("post.approve")
def send_back(id: int) -> BaseResponse:
    found, form = _to_answer(id), SendBackForm()
    if not form.validate():
        return post(id, 422, back_form=form)
    reason = form.reason.data.strip()
    return _answer(
        found, lambda now: approving.send_back(found, g.member, reason, now), "Sent back."
    )


def _to_answer(id: int) -> Post:
    """The post, when this person's answer counts; 403 says whose does."""
    found = mine(id)
    if refusal := approving.refusal(found, g.member):
        abort(403, refusal)
    return found


def _answer(found: Post, deed: Callable[[Any], PostEvent], words: str) -> BaseResponse:
    """409 with what stands there now when that isn't what was read."""
    id = found.id
    try:
        event = deed(clock.now())
    except (Changed, Answered, Leaving) as trouble:
        db.session.rollback()
        return post(id, 409, trouble=_explain(trouble))
    audit.record(f"post.{event.kind}", subject=found.author_id, post=id)
    db.session.commit()
    ring(found)
    queue.enqueue(jobs.tell_author, id, event.id, on="default")
    flash(words, "message")
    return see("posts.post", id=id)


def _explain(trouble: Exception) -> str:
    if isinstance(trouble, Changed):
        return f"The text changed at {moments.hour(trouble.args[0])}. Read again."
    if isinstance(trouble, Answered):
        return f"It no longer waits for approval: somebody answered at {moments.hour(trouble.args[0])}."
    return str(trouble)


@bp.post("/<int:id>/comments")
@allows("post.comment")
def comment(id: int) -> BaseResponse:
    found, form = mine(id), CommentForm()
    if not form.validate():
        return post(id, 422, comment_form=form)
    event = note(found, g.member, "commented", clock.now(), form.comment.data.strip())
    audit.record("post.commented", post=id)
    db.session.commit()
    queue.enqueue(jobs.tell_author, id, event.id, on="default")
    return see("posts.post", id=id)
