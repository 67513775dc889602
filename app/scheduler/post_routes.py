"""One post: its page, and what can be done with it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, g
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.db import db
from app.scheduler import composing, life, quotas
from app.scheduler.composing import Leaving
from app.scheduler.forms import MoveForm
from app.scheduler.lists import first_words
from app.scheduler.models import Post, PostEvent, find_post
from app.scheduler.ringing import ring
from app.scheduler.states import WORDS
from app.web import allows, page, see

bp = Blueprint("posts", __name__, url_prefix="/posts")


def mine(id: int) -> Post:
    return find_post(g.member, id) or abort(404)


@bp.get("/<int:id>")
@allows("organization.view")
def post(id: int, move_form: MoveForm | None = None, status: int = 200) -> Response:
    found, now = mine(id), clock.now()
    events = list(db.session.scalars(select(PostEvent).where(PostEvent.post_id == found.id)))
    if move_form is None:
        move_form = MoveForm(formdata=None, zone=current_user.zone)
        if found.due_at:
            move_form.due_at.data = found.due_at.astimezone(current_user.zone)
    return page(
        "scheduler/post.html",
        "post",
        status,
        post=facts(found),
        deliveries=[life.delivery_card(delivery) for delivery in found.deliveries],
        timeline=life.timeline(found, events, now),
        may=life.choices(found, g.member.may("post.edit"), g.member.may("post.reschedule")),
        is_live=life.is_live(found, now),
        move_form=move_form,
        form=BlankForm(),
    )


def facts(found: Post) -> dict[str, Any]:
    return {
        "id": found.id,
        "words": first_words(found.text, 60) or "Picture",
        "text": found.text,
        "state": found.state,
        "state_word": WORDS[found.state],
        "author": found.author.name if found.author else "Former member",
        "due_at": found.due_at,
        "pictures": [{"url": f"/media/{p.asset_id}", "alt": p.alt} for p in found.pictures],
    }


def change(id: int, deed: Any, action: str, words: str) -> BaseResponse:
    """One verb on one post, or plain words why not (409)."""
    found = mine(id)
    try:
        deed(found)
    except Leaving as trouble:
        db.session.rollback()
        abort(409, str(trouble))
    audit.record(action, post=id)
    db.session.commit()
    ring(found)
    flash(words, "message")
    return see("posts.post", id=id)


@bp.post("/<int:id>/move")
@allows("post.reschedule")
def move(id: int) -> BaseResponse:
    mine(id)
    form = MoveForm(zone=current_user.zone)
    if not form.validate() or not form.resolved:
        return post(id, form, 422)
    instant, note = form.resolved.instant, form.resolved.note
    if full := _full(id, instant):
        form.due_at.errors = full
        return post(id, form, 422)
    wall = form.due_at.data.strftime("%Y-%m-%dT%H:%M")
    zone = current_user.timezone
    return change(
        id,
        lambda found: composing.move(found, g.member, instant, wall, zone, clock.now()),
        "post.moved",
        note or "Moved.",
    )


def _full(id: int, due_at: datetime) -> list[str]:
    """Why this post can't go out then: the day is full."""
    channels = [delivery.channel for delivery in mine(id).deliveries]
    return quotas.refuse(g.member, channels, due_at, current_user.zone, besides=id)


@bp.post("/<int:id>/publication")
@allows("post.reschedule")
def publish_now(id: int) -> BaseResponse:
    now = clock.now()
    if full := _full(id, now):
        abort(422, " ".join(full))
    return change(
        id, lambda found: composing.release(found, g.member, now), "post.released", "Going out."
    )


@bp.post("/<int:id>/cancellation")
@allows("post.cancel")
def cancel(id: int) -> BaseResponse:
    words = "Cancelled. Nothing will go out."
    now = clock.now()
    return change(id, lambda found: composing.cancel(found, g.member, now), "post.cancelled", words)


@bp.post("/<int:id>/deletion")
@allows("post.edit")
def delete(id: int) -> BaseResponse:
    found = mine(id)
    try:
        composing.discard(found)
    except Leaving as trouble:
        abort(409, str(trouble))
    audit.record("post.deleted", post=id)
    db.session.commit()
    flash("Deleted.", "message")
    return see("scheduler.posts")
