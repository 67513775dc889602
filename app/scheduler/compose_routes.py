"""Writing and revising posts: the composer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Response, abort, flash, g, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.channels.models import Channel
from app.db import db
from app.returning import restore_form
from app.scheduler import advice, composing, repeating, starting, versions
from app.scheduler.advice import Suggestion
from app.scheduler.composer_page import show
from app.scheduler.composing import Leaving
from app.scheduler.hands import Hand, Stale
from app.scheduler.link_cards import UNSEEN
from app.scheduler.meeting import Choice
from app.scheduler.meeting_routes import choose, show_both
from app.scheduler.models import Post
from app.scheduler.opening import opened
from app.scheduler.post_routes import NOT_YOURS, author, bp, facts, mine
from app.scheduler.repeat_forms import ALL
from app.scheduler.ringing import ring
from app.scheduler.settled import why_fixed
from app.scheduler.sheets import Sheet, read_sheet, sheet_of
from app.scheduler.states import DRAFT, HELD, PENDING, SCHEDULED
from app.scheduler.suggesting import suggest, wall_time_in
from app.scheduler.uploads import Pictures
from app.scheduler.version_routes import bring_back
from app.scheduler.wording import Deed
from app.sizes import takes_files
from app.web import allows, ids, see

AT = "at:"  # and a wall time: a button that picks it
LOOKING = ("preview", "enter", "library", "card")  # buttons that only show something
DONE = {
    DRAFT: "Draft saved.",
    PENDING: "Waiting for approval.",
    HELD: "Saved. Where it is held, the reason stands below.",
}


@bp.get("/new")
@allows("post.create")
def new() -> Response:
    if typed := restore_form():
        return _retyped(typed)
    return show(opened(request.args, clock.now()))


def _retyped(typed: ImmutableMultiDict[str, str], found: Post | None = None) -> Response:
    return show(read_sheet(typed, post=found), **_around(found), is_unsaved=True)


def _around(found: Post | None) -> dict[str, Any]:
    """What the page says of the post that is edited."""
    return {"is_edit": True, "post": facts(found)} if found else {}


@bp.app_template_global()
def best_times(picked: Iterable[Channel]) -> list[Suggestion]:
    """The next times at which posts on these channels do best."""
    ids = [one.id for one in picked]
    return advice.suggest(g.member, ids, current_user.zone, clock.now())


@bp.post("/new")
@allows("post.create")
@takes_files
def create() -> BaseResponse:
    sheet, action = read_sheet(files=request.files.getlist("media")), _action()
    if again := _not_yet(sheet, action):
        return again
    return _go_on(sheet, action) or _write_once(sheet, action)


def _go_on(sheet: Sheet, action: str) -> BaseResponse | None:
    """What this form was saved as before, by itself or by its button, goes on from there. None for a
    form that is new, and for one that only arrives a second time."""
    known = db.session.scalar(Post.of(g.member).where(Post.nonce == sheet.form.nonce.data))
    if known is None:
        return None
    is_said = versions.says_already(known, sheet.composition(action))
    if is_said and (known.state != DRAFT or action == "draft"):
        return None
    known.may_be_edited_by(g.member) or abort(403, NOT_YOURS.format(author(known)))
    return _revise(known, sheet, action, known.version if is_said else 0)


def _action() -> str:
    return request.form.get("action", "schedule")


def _not_yet(sheet: Sheet, action: str, found: Post | None = None) -> Response | None:
    """The form once more, when a button only shaped it, asked to see it, or something is wrong."""
    status = 200
    if deed := Deed.read(action):
        sheet.reshape(deed)
    elif at := wall_time_in(action.removeprefix(AT)):
        sheet.form.due_at.data, sheet.form.when.data = at, "at"
    elif moved := sheet.pictures.shift(action):
        sheet.focus = f"alt-{moved}"
    elif action in starting.ACTIONS:
        status = 200 if starting.act(sheet, action, g.member, clock.now()) else 422
    elif action not in LOOKING:
        if sheet.is_ready(action) and not sheet.asks_for_alt(action):
            return None
        status = 422
    keep(sheet.pictures, sheet.shelf.made)
    looked = sheet.look() if action == "card" else UNSEEN
    return show(sheet, status, looked, **_around(found))


def _write_once(sheet: Sheet, action: str) -> BaseResponse:
    """The same form again gives the first post, also when both come at the same moment."""
    now, nonce = clock.now(), sheet.form.nonce.data
    try:
        with db.session.begin_nested():
            post = composing.write(g.member, sheet.composition(action), nonce, now)
            if is_new := post.created_at == now:
                _repeat(post, sheet, now)
    except IntegrityError:
        if again := _go_on(sheet, action):
            return again
        post = db.session.scalars(Post.of(g.member).where(Post.nonce == nonce)).one()
        is_new = False
    if is_new:
        audit.record("post.created", post=post.id, state=post.state, own_yes=_own_yes(post))
    else:
        audit.unchanged()
    db.session.commit()
    return _done(post, sheet)


def _repeat(post: Post, sheet: Sheet, now: datetime) -> None:
    """A series begins, or its rule is another one from here on. Raises Leaving."""
    timing, rule = sheet.timing, None
    if post.state != DRAFT:
        rule = timing.rule(current_user.zone, now)
    if timing.mine and not timing.is_for_one:
        whole = timing.repeat.scope.data == ALL
        repeating.begin_anew(timing.mine, g.member, rule, now, whole=whole)
    elif rule and not timing.mine:
        repeating.begin(post, rule, now)


def _own_yes(post: Post) -> bool:
    """Was this person's scheduling the yes that was asked for?"""
    return post.state == SCHEDULED and composing.clears_own(g.member)


def keep(pictures: Pictures, template: int = 0) -> None:
    """What was uploaded, and a template that was made, stay whatever becomes of the form."""
    if template:
        audit.record("template.made", template=template)
    if pictures.added:
        audit.record("picture.added", count=pictures.added)
    else:
        audit.unchanged()
    db.session.commit()


def _done(post: Post, sheet: Sheet) -> BaseResponse:
    ring(post)
    for words in sheet.form.notes + sheet.known_of(post):
        flash(words, "notice")
    flash(DONE.get(post.state, "Scheduled."), "message")
    return see("posts.post", id=post.id)


def editable(id: int) -> Post:
    found = mine(id)
    found.may_be_edited_by(g.member) or abort(403, NOT_YOURS.format(author(found)))
    return found


@bp.get("/<int:id>/edit")
@allows("post.edit")
def edit(id: int) -> BaseResponse:
    found = editable(id)
    if typed := restore_form():
        return _retyped(typed, found)
    if words := why_fixed(found.deliveries):
        flash(words, "notice")
        return see("posts.post", id=id)
    sheet = sheet_of(found)
    sheet.form.due_at.data = sheet.form.due_at.data or suggest(None, current_user.zone, clock.now())
    brought = bring_back(sheet, found, request.args.get("version"))
    return show(sheet, is_edit=True, post=facts(found), brought=brought)


@bp.post("/<int:id>/edit")
@allows("post.edit")
@takes_files
def save(id: int) -> BaseResponse:
    found = editable(id)
    sheet, action = read_sheet(files=request.files.getlist("media"), post=found), _action()
    if choice := Choice.read(action):
        keep(sheet.pictures)
        return choose(sheet, found, choice)
    if again := _not_yet(sheet, action, found):
        return again
    [version] = ids([sheet.form.version.data or ""]) or [0]  # none that we know is a stale one
    return _revise(found, sheet, action, version)


def _revise(found: Post, sheet: Sheet, action: str, version: int) -> BaseResponse:
    now, hand = clock.now(), Hand.read(request.form.get("typing", ""))
    try:
        with db.session.begin_nested():
            if sheet.timing.mine and sheet.timing.is_for_one:
                repeating.stand_alone(sheet.timing.mine, now)
            composing.revise(found, g.member, sheet.composition(action), version, now, hand)
            _repeat(found, sheet, now)
    except (Leaving, Stale) as trouble:
        return _refused_edit(found, sheet, trouble)
    version, own_yes = found.version, _own_yes(found)
    audit.record("post.changed", post=found.id, version=version, own_yes=own_yes)
    db.session.commit()
    return _done(found, sheet)


def _refused_edit(found: Post, sheet: Sheet, trouble: Exception) -> Response:
    """409: what was typed and uploaded stays in the form; the other version stands beside it."""
    keep(sheet.pictures)
    if isinstance(trouble, Stale):
        return show_both(sheet, found)
    sheet.form.trouble("text", str(trouble))
    return show(sheet, 409, **_around(found))
