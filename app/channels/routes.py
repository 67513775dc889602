"""Channels: list, connect, look at, check, disconnect."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, telemetry
from app.account import limits
from app.account.forms import BlankForm
from app.account.routes import count_tries, too_often
from app.channels.connecting import attach, disconnect, introduce, look_after
from app.channels.forms import answers, connect_form
from app.channels.models import Channel, find_channel
from app.db import db
from app.forms import Form
from app.networks import Account, Grant, Refused
from app.networks.registry import NETWORKS
from app.origins import web_address
from app.sandbox.models import Wall
from app.web import allows, page, see

bp = Blueprint("channels", __name__)


def row(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "url": f"/channels/{channel.id}",
        "network": channel.network,
        "network_name": channel.network_name,
        "handle": channel.handle,
        "name": channel.name,
        "host": channel.host,
        "state": channel.state,
        "state_word": channel.state_word,
        "checked_at": channel.checked_at,
        "problem": channel.problem,
        "account_url": web_address(channel.url),
        "connected_at": channel.connected_at,
    }


@bp.get("/channels")
@allows("organization.view")
def index() -> Response:
    rows = [row(channel) for channel in db.session.scalars(Channel.of(g.member))]
    return page("channels/index.html", "channels", channels=rows)


@bp.get("/channels/connect")
@allows("channel.connect")
def choose() -> Response:
    networks = [
        {
            "slug": network.slug,
            "name": network.name,
            "words": network.words,
            "url": f"/channels/connect/{network.slug}",
            "is_sandbox": network.slug == "sandbox",
        }
        for network in NETWORKS.values()
    ]
    return page("channels/connect.html", "connect", networks=networks)


@bp.get("/channels/connect/<slug>")
@allows("channel.connect")
def connect(slug: str, form: Form | None = None, status: int = 200) -> Response:
    network = NETWORKS.get(slug) or abort(404)
    return page(
        "channels/connect_network.html",
        "connect",
        status,
        network=network,
        form=form or connect_form(network),
    )


@bp.post("/channels/connect/<slug>")
@allows("channel.connect")
def open_channel(slug: str) -> BaseResponse:
    network = NETWORKS.get(slug) or abort(404)
    form = connect_form(network)
    if not form.validate():
        return connect(slug, form, 422)
    if wait := count_tries(*_subjects(slug)):
        flash(limits.words(wait), "notice")
        return too_often(connect(slug, form, 429), wait)
    answer = put_up_wall() if slug == "sandbox" else introduce(slug, answers(form, network))
    if isinstance(answer, Refused):
        field = form[answer.field] if answer.field in form else next(iter(form))
        field.errors = [answer.reason]
        return connect(slug, form, 422)
    channel = attach(g.member, *answer, clock.now())
    telemetry.tell("channel_connected", g.member.user_id, network=slug)
    audit.record("channel.connected", channel=channel.id, network=slug)
    db.session.commit()
    flash(f"{channel.handle} is connected.", "message")
    return see("channels.channel", id=channel.id)


def _subjects(slug: str) -> list[tuple[limits.Limit, str]]:
    """What connecting counts towards; the sandbox asks no server."""
    who = str(g.member.organization_id)
    return [(limits.CONNECT, who)] + ([(limits.LOOK_UP, who)] if slug != "sandbox" else [])


def put_up_wall() -> tuple[Account, Grant]:
    """The sandbox asks nothing: the organisation's wall is made on the spot."""
    wall, token = Wall.put_up(g.member, clock.now())
    account = wall.account(current_app.config["SETTINGS"].base_url)
    return account, Grant({"token": token}, None)


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


@bp.post("/channels/<int:id>/disconnection")
@allows("channel.connect")
def disconnection(id: int) -> BaseResponse:
    found = find_channel(g.member, id) or abort(404)
    words = disconnect(found.id, clock.now())
    audit.record("channel.disconnected", channel=id)
    db.session.commit()
    flash(words, "message")
    return see("channels.index")
