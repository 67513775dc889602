"""Channels: list, look at, check. Connecting: connect_routes.py and away_routes.py."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import limits
from app.account.allowances import NoRoom
from app.account.forms import BlankForm
from app.account.routes import count_tries, too_often
from app.channels.connecting import look_after
from app.channels.models import Channel, find_channel
from app.db import db
from app.origins import web_address
from app.web import allows, page, see

bp = Blueprint("channels", __name__)


@bp.app_errorhandler(NoRoom)
def full(words: NoRoom) -> BaseResponse:
    """Nothing of it is kept."""
    db.session.rollback()
    audit.unchanged()
    flash(str(words), "notice")
    return see("channels.index")


def row(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "url": f"/channels/{channel.id}",
        "network": channel.network,
        "network_name": channel.network_name,
        "handle": channel.handle,
        "name": channel.name,
        "host": channel.host,
        "state": channel.shown_state,
        "is_paused": channel.paused_at is not None,
        "state_word": channel.state_word,
        "checked_at": channel.checked_at,
        "problem": channel.problem,
        "account_url": web_address(channel.url),
        "connected_at": channel.connected_at,
        "reconnects": channel.reconnects,
    }


@bp.get("/channels")
@allows("organization.view")
def index() -> Response:
    rows = [row(channel) for channel in db.session.scalars(Channel.of(g.member))]
    return page("channels/index.html", "channels", channels=rows)


@bp.get("/channels/<int:id>")
@allows("organization.view")
def channel(id: int) -> Response:
    found = find_channel(g.member, id) or abort(404)
    return page(
        "channels/channel.html",
        "channel",
        channel=row(found),
        form=BlankForm(),
    )


@bp.post("/channels/<int:id>/check")
@allows("channel.connect")
def check(id: int) -> BaseResponse:
    found = find_channel(g.member, id) or abort(404)
    if wait := count_tries((limits.LOOK_UP, str(g.member.organization_id))):
        flash(limits.words(wait), "notice")
        audit.unchanged()
        return too_often(see("channels.channel", id=id), wait)
    look_after(found.id, clock.now())
    audit.record("channel.checked", channel=id)
    db.session.commit()
    return see("channels.channel", id=id)
