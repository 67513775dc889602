"""What a person was told of: the list, and marking it as read."""

from flask import Response, abort, flash, g, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.account.forms import BlankForm
from app.db import db
from app.scheduler import notices
from app.scheduler.lists import first_words, wordless
from app.scheduler.notice_kinds import KINDS
from app.scheduler.notices import Notice
from app.scheduler.routes import bp
from app.web import allows, page, see, unaudited

OWN = "marks a person's own list, which nobody else sees"


@bp.get("/notifications")
@allows("organization.view")
def notifications() -> Response:
    return page(
        "scheduler/notifications.html",
        "notifications",
        rows=[(one, KINDS[one.kind], _about(one)) for one in notices.latest(g.member)],
        unread=notices.unread(g.member),
        form=BlankForm(),
    )


def _about(one: Notice) -> str:
    if one.channel:
        return f"{one.channel.network_name}, {one.channel.handle}"
    if one.post:
        return first_words(one.post.text, 80) or wordless(one.post)
    return f"The plan of {g.member.organization.name}"


@bp.get("/notifications/<int:id>")
@allows("organization.view")
def follow(id: int) -> BaseResponse:
    """To the one thing to do. Where that is in another organisation of the person, a button goes there:
    a GET switches nothing."""
    one = notices.find(current_user, id) or abort(404)
    if g.member.id == one.membership_id:
        return redirect(one.path, 303)
    home = one.membership.organization
    return page("scheduler/elsewhere.html", "elsewhere", home=home, path=request.path)


@bp.post("/notifications/reading")
@allows("organization.view")
@unaudited(OWN)
def read_notifications() -> BaseResponse:
    notices.read(g.member, clock.now())
    db.session.commit()
    flash("All read.", "message")
    return see("scheduler.notifications")


@bp.post("/notifications/<int:id>/reading")
@allows("organization.view")
@unaudited(OWN)
def read_notification(id: int) -> BaseResponse:
    db.session.scalar(Notice.of(g.member).where(Notice.id == id)) or abort(404)
    notices.read(g.member, clock.now(), id)
    db.session.commit()
    return see("scheduler.notifications")
