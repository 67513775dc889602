"""The composer when somebody else saved meanwhile: both versions side by side, and what to do of them."""

from flask import Response, abort, flash, g, request
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import normal
from app.channels.models import Channel
from app.db import db
from app.scheduler import versions
from app.scheduler.comparing import Around
from app.scheduler.composer_page import show
from app.scheduler.joining import join
from app.scheduler.meeting import Choice, Meeting, meet
from app.scheduler.models import Post
from app.scheduler.post_routes import bp, facts, mine
from app.scheduler.sheets import Sheet, read_sheet, sheet_of
from app.web import allows, ids, page, see, unaudited

WORDS = "Somebody saved another version meanwhile."
CHOSEN = {
    "mine": "Yours is in the form. Save it and it stands; the other one stays among the versions.",
    "both": "Both are in the form, theirs first. Save it and it stands.",
}


@bp.post("/meeting")
@allows("post.create")
@unaudited("shows two versions side by side; nothing is kept")
def show_meeting() -> Response:
    found = named() or abort(404)
    return page("scheduler/meeting.html", "meeting", meeting=meeting_of(read_sheet(), found))


def named() -> Post | None:
    """The post that the form is of; None for a new one."""
    if sent := ids([request.form.get("post", "")]):
        return mine(sent[0])
    nonce = normal(request.form.get("nonce", ""))[:64]
    return db.session.scalar(Post.of(g.member).where(Post.nonce == nonce))


def meeting_of(sheet: Sheet, found: Post) -> Meeting:
    ours = select(Channel).where(Channel.organization_id == g.member.organization_id)
    hung = [one.asset for one in found.pictures] + [one.asset for one in sheet.pictures.kept]
    around = Around.of(db.session.scalars(ours), hung)
    return meet(found, sheet.composition("draft"), g.member, clock.now(), around)


def show_both(sheet: Sheet, found: Post) -> Response:
    """409: what was typed stays in the form, what was saved stands beside it. Saving goes on from there."""
    sheet.form.trouble("text", WORDS)
    meeting = meeting_of(sheet, found)
    sheet.form.version.data = str(found.version)
    return show(sheet, 409, is_edit=True, post=facts(found), meeting=meeting)


def choose(sheet: Sheet, found: Post, choice: Choice) -> BaseResponse:
    """Do what a button beside the two versions says; nothing that either says is lost."""
    if not sheet.is_keepable():
        return show(sheet, 422, is_edit=True, post=facts(found))
    if choice.name == "theirs":
        return _set_mine_aside(sheet, found)
    if choice.number != found.version:  # one more was saved since
        return show_both(sheet, found)
    if choice.name == "both":
        join(sheet, sheet_of(found))
    sheet.form.version.data = str(found.version)
    return show(sheet, is_edit=True, post=facts(found), chosen=CHOSEN[choice.name])


def _set_mine_aside(sheet: Sheet, found: Post) -> BaseResponse:
    words, kept = versions.said_by(sheet.composition("draft")), found.version
    versions.set_aside(found, words, g.member, clock.now())
    if found.version != kept:
        audit.record("post.changed", post=found.id, version=found.version, own_yes=False)
        db.session.commit()
        flash(f"The other version stands. Yours is kept as version {kept}.", "message")
    return see("posts.edit", id=found.id)
