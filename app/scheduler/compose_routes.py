"""Writing and revising posts: the composer."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, abort, flash, g, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.channels.models import Channel
from app.db import db
from app.media.models import Asset
from app.media.videos import most_bytes
from app.returning import restore_typed
from app.scheduler import composing, preview, quotas, uploads
from app.scheduler.composing import Leaving, Stale
from app.scheduler.composition import Composition
from app.scheduler.forms import PostForm
from app.scheduler.models import Post
from app.scheduler.post_routes import NOT_YOURS, author, bp, facts, mine
from app.scheduler.ringing import ring
from app.scheduler.states import DRAFT, PENDING, SCHEDULED
from app.scheduler.uploads import Pictures
from app.sizes import takes_files
from app.web import allows, ids, page, see, unaudited

DONE = {DRAFT: "Draft saved.", PENDING: "Waiting for approval."}


def channels() -> list[Channel]:
    return list(db.session.scalars(Channel.of(g.member)))


def read_form() -> PostForm:
    picked = set(ids(request.form.getlist("channels")))
    return PostForm(zone=current_user.zone, channels=channels(), picked=picked)


def composer(form: PostForm, pictures: Pictures, status: int = 200, **more: Any) -> Response:
    """The composer page around a form."""
    picked = {channel.id for channel in form.picked}
    return page(
        "scheduler/composer.html",
        "composer",
        status,
        form=form,
        choices=preview.choices(form.known, picked),
        kept=pictures.rows,
        previews=preview.previews(form.body, form.picked, pictures.kept),
        video_mb=most_bytes() // 1024 // 1024,
        asks=g.member.organization.asks_for_approval,
        clears=composing.clears_own(g.member),
        **{"notes": form.notes, "is_edit": False, "post": None, "other": None} | more,
    )


@bp.get("/new")
@allows("post.create")
def new() -> Response:
    if typed := restore_typed():
        return _retyped(typed)
    known = channels()
    usable = {channel.id for channel in known if channel.is_usable}
    form = PostForm(formdata=None, zone=current_user.zone, channels=known, picked=usable)
    form.due_at.data = _suggest(request.args.get("on"))
    return composer(form, Pictures())


def _retyped(typed: dict[str, list[str]]) -> Response:
    fields = ImmutableMultiDict((name, value) for name, values in typed.items() for value in values)
    picked = set(ids(fields.getlist("channels")))
    form = PostForm(formdata=fields, zone=current_user.zone, channels=channels(), picked=picked)
    return composer(form, uploads.read_kept(g.member, fields))


def _suggest(on: str | None) -> datetime:
    """The next full hour; on another day that the calendar asked for, nine in the morning."""
    soon = clock.now().astimezone(current_user.zone) + timedelta(hours=1)
    next_hour = soon.replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    try:
        asked = date.fromisoformat(on) if on else next_hour.date()
    except ValueError:
        asked = next_hour.date()
    morning = next_hour.replace(asked.year, asked.month, asked.day, 9)
    return morning if asked > next_hour.date() else next_hour


@bp.post("/new")
@allows("post.create")
@takes_files
def create() -> BaseResponse:
    form, pictures = read_form(), read_pictures()
    form.media, form.media_problems = pictures.assets, pictures.problems
    action = request.form.get("action", "schedule")
    if action == "preview" or not is_ready(form, action):
        keep(pictures)
        return composer(form, pictures, 200 if action == "preview" else 422)
    made = _composition(form, pictures, draft=action == "draft")
    return _done(_write_once(made, form.nonce.data), form)


def is_ready(form: PostForm, action: str, besides: int | None = None) -> bool:
    """Valid, and there is room where it goes."""
    is_draft = action == "draft"
    if not form.is_ready(draft=is_draft):
        return False
    due_at = None if is_draft else form.moment(clock.now())
    if due_at:
        zone = current_user.zone
        form.channel_problems += quotas.refuse(g.member, form.picked, due_at, zone, besides=besides)
    return not form.channel_problems


def _write_once(made: Composition, nonce: str) -> Post:
    """The same form again gives the first post, also when both come at the same moment."""
    now = clock.now()
    try:
        post = composing.write(g.member, made, nonce, now)
        if post.created_at == now:
            audit.record("post.created", post=post.id, state=post.state, own_yes=_own_yes(post))
        else:
            audit.unchanged()
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        audit.unchanged()
        post = db.session.scalars(Post.of(g.member).where(Post.nonce == nonce)).one()
    return post


def read_pictures() -> Pictures:
    pictures = uploads.read_kept(g.member, request.form)
    files = request.files.getlist("media")
    uploads.add_new(pictures, g.member, request.form, files, clock.now())
    return pictures


def _own_yes(post: Post) -> bool:
    """Was this person's scheduling the yes that was asked for?"""
    return post.state == SCHEDULED and composing.clears_own(g.member)


def keep(pictures: Pictures) -> None:
    """What was uploaded stays, whatever becomes of the form."""
    if pictures.added:
        audit.record("picture.added", count=pictures.added)
    else:
        audit.unchanged()
    db.session.commit()


def _composition(form: PostForm, pictures: Pictures, *, draft: bool) -> Composition:
    return Composition(
        text=form.body,
        channels=tuple(form.picked),
        pictures=tuple(pictures.kept),
        due_at=None if draft else form.moment(clock.now()),
        wall_time="" if draft else form.wall_time,
        zone=current_user.timezone,
        asks=request.form.get("action") == "ask",
    )


def _done(post: Post, form: PostForm) -> BaseResponse:
    ring(post)
    for words in form.notes:
        flash(words, "notice")
    flash(DONE.get(post.state, "Scheduled."), "message")
    return see("posts.post", id=post.id)


@bp.post("/preview")
@allows("post.create")
@unaudited("shows what would be sent; nothing is kept")
def show_previews() -> Response:
    form, pictures = read_form(), uploads.read_kept(g.member, request.form)
    shown = preview.previews(form.body, form.picked, pictures.kept)
    return page("scheduler/previews.html", "previews", previews=shown)


def editable(id: int) -> Post:
    found = mine(id)
    found.may_be_edited_by(g.member) or abort(403, NOT_YOURS.format(author(found)))
    return found


@bp.get("/<int:id>/edit")
@allows("post.edit")
def edit(id: int) -> Response:
    found = editable(id)
    if typed := restore_typed():
        return _retyped(typed)
    picked = {delivery.channel_id for delivery in found.deliveries}
    form = PostForm(
        formdata=None, zone=current_user.zone, channels=channels(), picked=picked, text=found.text
    )
    form.version.data = str(found.version)
    form.show_time(found.due_at)
    form.due_at.data = form.due_at.data or _suggest(None)
    return composer(form, _pictures_of(found), is_edit=True, post=facts(found))


def _pictures_of(found: Post) -> Pictures:
    return Pictures([(picture.asset, picture.alt) for picture in found.pictures])


@bp.post("/<int:id>/edit")
@allows("post.edit")
@takes_files
def save(id: int) -> BaseResponse:
    found = editable(id)
    form, pictures = read_form(), read_pictures()
    form.media, form.media_problems = pictures.assets, pictures.problems
    action = request.form.get("action", "schedule")
    if action == "preview" or not is_ready(form, action, besides=found.id):
        keep(pictures)
        status = 200 if action == "preview" else 422
        return composer(form, pictures, status, is_edit=True, post=facts(found))
    made = _composition(form, pictures, draft=action == "draft")
    [version] = ids([form.version.data or ""]) or [0]  # none that we know is a stale one
    try:
        composing.revise(found, g.member, made, version, clock.now())
    except (Leaving, Stale) as trouble:
        return _refused_edit(id, form, pictures, trouble)
    version, own_yes = found.version, _own_yes(found)
    audit.record("post.changed", post=id, version=version, own_yes=own_yes)
    db.session.commit()
    return _done(found, form)


def _refused_edit(id: int, form: PostForm, pictures: Pictures, trouble: Exception) -> Response:
    """409: what was typed stays in the form; the other version stands beside it."""
    ids = [(asset.id, alt) for asset, alt in pictures.kept]
    db.session.rollback()
    found = mine(id)
    kept = uploads.Pictures([(asset, alt) for i, alt in ids if (asset := db.session.get(Asset, i))])
    stale = isinstance(trouble, Stale)
    words = "Somebody saved another version meanwhile." if stale else str(trouble)
    form.text.errors = [words]
    if stale:
        form.version.data = str(found.version)
    other = found.text if stale else None
    return composer(form, kept, 409, is_edit=True, post=facts(found), other=other)
