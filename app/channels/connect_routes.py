"""Connecting: the list of networks, the page of one, and what is typed there (Way.FORM, Way.HERE).
Going to a network and coming back: away_routes.py."""

from flask import Response, abort, current_app, flash, g, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, telemetry
from app.account import limits
from app.account.routes import count_tries, too_often
from app.channels import away, connecting
from app.channels.apps import is_offered
from app.channels.connecting import attach, introduce
from app.channels.forms import answers, connect_form
from app.channels.models import Channel, find_known
from app.channels.routes import bp
from app.channels.travelling import traveller
from app.db import db
from app.forms import Form
from app.networks import Account, Grant, Network, Refused, Way
from app.networks.registry import NETWORKS
from app.sandbox.models import Wall
from app.web import allows, ids, page, see


@bp.get("/channels/connect")
@allows("channel.connect")
def choose() -> Response:
    networks = [
        {
            "slug": network.slug,
            "name": network.name,
            "words": network.words,
            "url": f"/channels/connect/{network.slug}",
            "is_here": Way.HERE in network.ways,
            "is_offered": is_offered(network),
        }
        for network in sorted(NETWORKS.values(), key=lambda one: not is_offered(one))
    ]
    is_operator = bool(current_user.is_operator)
    return page("channels/connect.html", "connect", networks=networks, is_operator=is_operator)


@bp.get("/channels/connect/<slug>")
@allows("channel.connect")
def connect(slug: str, forms: dict[Way, Form] | None = None, status: int = 200) -> Response:
    """`?channel=` names one that is to be reconnected."""
    network, again = offered(slug), to_reconnect(slug)
    if again is None:
        connecting.make_room(g.member)  # told before anything is typed
    ways = [way for way in network.ways if way is not Way.HERE]
    forms = {way: connect_form(network, way, again) for way in ways} | (forms or {})
    return page(
        "channels/connect_network.html",
        "connect",
        status,
        network=network,
        ways=[
            {"way": str(way), "form": forms[way], "fields": network.questions(way)} for way in ways
        ],
        again=again and {"id": again.id, "handle": again.handle},
    )


@bp.post("/channels/connect/<slug>")
@allows("channel.connect")
def open_channel(slug: str) -> BaseResponse:
    """What was typed is the key; the sandbox asks nothing."""
    network, again = offered(slug), to_reconnect(slug)
    if not {Way.FORM, Way.HERE} & set(network.ways):
        abort(404)
    form = connect_form(network, Way.FORM)
    if not form.validate():
        return connect(slug, {Way.FORM: form}, 422)
    if wait := count_tries(*subjects(network)):
        flash(limits.words(wait), "notice")
        return too_often(connect(slug, {Way.FORM: form}, 429), wait)
    typed = answers(form, network, Way.FORM)
    answer = put_up_wall() if Way.HERE in network.ways else introduce(slug, typed)
    if isinstance(answer, Refused):
        lay_beside(form, answer)
        return connect(slug, {Way.FORM: form}, 422)
    if again and not connecting.is_account_of(again, answer[0]):
        return ask_about_other(network, again, answer)
    return welcome(attach(g.member, *answer, clock.now()))


def offered(slug: str) -> Network:
    """404 for a network that we don't have, or that nobody can connect here."""
    network = NETWORKS.get(slug) or abort(404)
    return network if is_offered(network) else abort(404)


def to_reconnect(slug: str) -> Channel | None:
    """The member's channel on that network that the form or the address names, connected or not."""
    named = ids([request.values.get("channel", "")])
    found = find_known(g.member, named[0]) if named else None
    return found if found and found.network == slug else None


def subjects(network: Network) -> list[tuple[limits.Limit, str]]:
    """What connecting counts towards; the sandbox asks no server."""
    who = str(g.member.organization_id)
    asks = [] if Way.HERE in network.ways else [(limits.LOOK_UP, who)]
    return [(limits.CONNECT, who), *asks]


def lay_beside(form: Form, refusal: Refused) -> None:
    """The refusal, at the field that it is about or above them all."""
    named = refusal.field if refusal.field in form else next(iter(form.data), "")
    if named and named != "csrf_token":
        form[named].errors = [refusal.reason]
    else:
        form.form_errors.append(refusal.reason)


def put_up_wall() -> tuple[Account, Grant]:
    """The sandbox asks nothing: the organisation's wall is made on the spot."""
    wall, token = Wall.put_up(g.member, clock.now())
    account = wall.account(current_app.config["SETTINGS"].base_url)
    return account, Grant({"token": token}, None)


def ask_about_other(network: Network, again: Channel, offer: tuple[Account, Grant]) -> BaseResponse:
    """These keys open another account than the one that was to be reconnected: the person says."""
    now = clock.now()
    found = away.depart(traveller(), network.slug, "", away.new_state(), {}, again.id, now)
    found.used_at = now
    away.hold_out(found, [offer], now)
    audit.unchanged()
    db.session.commit()
    return see("channels.choose_accounts", slug=network.slug)


def welcome(*channels: Channel) -> BaseResponse:
    """On record, told, and looked at."""
    for channel in channels:
        telemetry.tell("channel_connected", g.member.user_id, network=channel.network)
        audit.record("channel.connected", channel=channel.id, network=channel.network)
    handles, id = ", ".join(channel.handle for channel in channels), channels[0].id
    db.session.commit()
    flash(f"{handles} {'is' if len(channels) == 1 else 'are'} connected.", "message")
    if len(channels) > 1:
        return see("channels.index")
    return see("channels.channel", id=id)
