"""One post: its page, and what can be done with it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, flash, g
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.db import db
from app.scheduler import (
    approving,
    calendar_routes,
    composing,
    life,
    moving,
    noting,
    preview,
    quotas,
)
from app.scheduler.approval_forms import CommentForm, SendBackForm
from app.scheduler.composing import Leaving
from app.scheduler.forms import MoveForm
from app.scheduler.lists import first_words, wordless
from app.scheduler.models import Post
from app.scheduler.reading_out import read_out
from app.scheduler.ringing import ring
from app.scheduler.saying import saying
from app.scheduler.states import HELD, PENDING, WORDS
from app.web import allows, page, see

bp = Blueprint("posts", __name__, url_prefix="/posts")
TOLD = {
    PENDING: "Waiting for approval.",
    HELD: "Noted. What is held goes out once its reason is gone.",
}
NOT_YOURS = "{} wrote this. Its author, approvers, admins and owners can do that."


def mine(id: int) -> Post:
    return db.session.scalar(Post.of(g.member).where(Post.id == id)) or abort(404)


def movable(id: int) -> Post:
    """The post, when this person may move it, stop it or decide about it."""
    found = mine(id)
    found.may_be_moved_by(g.member) or abort(403, NOT_YOURS.format(author(found)))
    return found


def author(found: Post) -> str:
    return found.author.name if found.author else "Former member"


@bp.get("/<int:id>")
@allows("organization.view")
def post(id: int, status: int = 200, **forms: Any) -> Response:
    found, now = mine(id), clock.now()
    return page(
        "scheduler/post.html",
        "post",
        status,
        post=facts(found),
        deliveries=[life.delivery_card(delivery) for delivery in found.deliveries],
        timeline=life.timeline(found, found.events, noting.of(found), now),
        may=life.choices(found, g.member),
        is_live=life.is_live(found, now),
        approval=approval_card(found),
        form=BlankForm(),
        **{
            "move_form": _move_form(found),
            "comment_form": CommentForm(formdata=None),
            "back_form": SendBackForm(formdata=None),
            "trouble": "",
        }
        | forms,
    )


def _move_form(found: Post) -> MoveForm:
    form = MoveForm(formdata=None, zone=current_user.zone)
    form.due_at.data = found.due_at and found.due_at.astimezone(current_user.zone)
    return form


def approval_card(found: Post) -> dict[str, Any] | None:
    """What a person needs to say yes or no: the hash of what they read, and whose yes counts."""
    shown = approving.fingerprint(found)
    if not shown:
        return None
    asking = [one.channel for one in found.deliveries if approving.is_asking(one)]
    return {
        "hash": shown,
        "asker": found.writer.name if found.writer else "Former member",
        "asked_at": found.asked_at,
        "refusal": approving.refusal(found, g.member),
        "can": [one.user.name for one in approving.approvers(found)],
        "previews": preview.previews((one, saying(found, one)) for one in asking),
    }


def facts(found: Post) -> dict[str, Any]:
    return {
        "id": found.id,
        "words": first_words(found.text, 60) or wordless(found),
        "state": found.state,
        "state_word": WORDS[found.state],
        "author": author(found),
        "due_at": found.due_at,
        "said": read_out(found),
        "labels": [one.label for one in found.labels],
    }


def change(found: Post, deed: Callable[[], object], action: str, words: str) -> BaseResponse:
    """One verb on one post, or plain words why not (409)."""
    try:
        deed()
    except Leaving as trouble:
        db.session.rollback()
        abort(409, str(trouble))
    if found.state == PENDING and action == "post.released":
        action = "post.asked"
    audit.record(action, post=found.id)
    db.session.commit()
    ring(found)
    flash(TOLD.get(found.state, words), "message")
    return see("posts.post", id=found.id)


@bp.post("/<int:id>/move")
@allows("post.reschedule")
def move(id: int) -> BaseResponse:
    found, form = movable(id), MoveForm(zone=current_user.zone)
    if not form.validate() or not form.resolved:
        return _not_moved(found, form)
    instant, note = form.resolved.instant, form.resolved.note
    if full := _full(found, instant):
        form.due_at.errors = full
        return _not_moved(found, form)
    zone, now = current_user.zone, clock.now()
    told, before = moving.words(found, instant, zone, note), moving.remember(found, zone, now)
    wall = form.due_at.data.strftime("%Y-%m-%dT%H:%M")
    deed = partial(composing.move, found, g.member, instant, wall, zone.key, now)
    done = change(found, deed, "post.moved", told)
    return moving.back(before) or done


def _not_moved(found: Post, form: MoveForm) -> Response:
    if moving.calendar_address():
        return calendar_routes.not_moved(found, form)
    return post(found.id, 422, move_form=form)


def _full(found: Post, due_at: datetime) -> list[str]:
    """Why this post can't go out then: the day is full."""
    channels = [delivery.channel for delivery in found.deliveries]
    return quotas.refuse(
        found.organization_id, channels, due_at, current_user.zone, besides=found.id
    )


@bp.post("/<int:id>/publication")
@allows("post.reschedule")
def publish_now(id: int) -> BaseResponse:
    found, now = movable(id), clock.now()
    if full := _full(found, now):
        abort(422, " ".join(full))
    deed = partial(composing.release, found, g.member, now)
    return change(found, deed, "post.released", "Going out.")


@bp.post("/<int:id>/cancellation")
@allows("post.cancel")
def cancel(id: int) -> BaseResponse:
    found = movable(id)
    deed = partial(composing.cancel, found, g.member, clock.now())
    return change(found, deed, "post.cancelled", "Cancelled. Nothing will go out.")


@bp.post("/<int:id>/deletion")
@allows("post.edit")
def delete(id: int) -> BaseResponse:
    found = movable(id)
    try:
        composing.discard(found)
    except Leaving as trouble:
        abort(409, str(trouble))
    audit.record("post.deleted", post=id)
    db.session.commit()
    flash("Deleted.", "message")
    return see("scheduler.posts")
