"""The page on which a channel is let go, with its choice."""

from flask import Response, abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.channels.models import find_known
from app.channels.routes import bp, row
from app.db import db
from app.publishing import farewell
from app.web import allows, page, see

KEPT = "A legal hold keeps this for now. Nothing was changed or deleted."
LEAVING = (
    "A post is leaving on this channel, or the network is still asked whether one went out. Try again"
    " once that is settled: the post's page says when we look next."
)


@bp.get("/channels/<int:id>/disconnection")
@allows("channel.connect")
def leaving(id: int, status: int = 200, problem: str = "") -> Response:
    found = find_known(g.member, id) or abort(404)
    choices = [(name, *words) for name, words in farewell.CHOICES.items()]
    return page(
        "channels/leaving.html",
        "leaving",
        status,
        channel=row(found),
        choices=choices,
        waiting=farewell.waiting_on(id),
        form=BlankForm(),
        problem=problem,
    )


@bp.post("/channels/<int:id>/disconnection")
@allows("channel.connect")
def disconnection(id: int) -> BaseResponse:
    """A form without a choice keeps the history."""
    found = find_known(g.member, id) or abort(404)
    choice = request.form.get("history", farewell.KEEP)
    if choice not in farewell.CHOICES:
        return leaving(id, 422, "Choose one of the three.")
    if choice != farewell.KEEP and farewell.is_kept(id):
        abort(409, KEPT)
    if choice == farewell.ERASE and farewell.is_leaving(id):
        abort(409, LEAVING)
    words = farewell.say(found, choice, clock.now())
    audit.record("channel.disconnected", channel=id, history=choice)
    db.session.commit()
    flash(words, "message")
    return see("channels.index")
