"""Connecting at the network itself (Way.AWAY): out by a page that holds the link, since a form may
not be redirected to another host (`form-action 'self'`), and back in by one address per network."""

from urllib.parse import urlsplit

from flask import Response, abort, flash, g, make_response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import limits
from app.account.forms import BlankForm
from app.account.routes import count_tries, too_often
from app.channels import away, connecting, journey
from app.channels.away import Connecting
from app.channels.connect_routes import (
    connect,
    lay_beside,
    offered,
    subjects,
    to_reconnect,
    welcome,
)
from app.channels.forms import answers, connect_form
from app.channels.models import Channel
from app.channels.routes import bp
from app.channels.travelling import traveller
from app.db import db, writing
from app.networks import Network, Offer, Refused, Way
from app.web import allows, onward, page, see, unaudited


@bp.post("/channels/connect/<slug>/away")
@allows("channel.connect")
@unaudited("nothing is connected yet; what comes of it is on record")
def set_out(slug: str) -> BaseResponse:
    network, again = going(slug), to_reconnect(slug)
    form = connect_form(network, Way.AWAY, again)
    if not form.validate():
        return connect(slug, {Way.AWAY: form}, 422)
    if wait := count_tries(*subjects(network)):
        flash(limits.words(wait), "notice")
        return too_often(connect(slug, {Way.AWAY: form}, 429), wait)
    typed, id = answers(form, network, Way.AWAY), again.id if again else None
    said = journey.make_known(network, typed.get("host", ""), clock.now())
    db.session.commit()
    url = said or journey.set_out(traveller(), network, typed, id, clock.now())
    if isinstance(url, Refused):
        lay_beside(form, url)
        return connect(slug, {Way.AWAY: form}, 422)
    db.session.commit()
    host = urlsplit(url).netloc
    told = page("channels/onward.html", "connect", network=network, url=url, host=host)
    return onward(told, url)


@bp.get("/channels/connect/<slug>/return")
@allows("channel.connect")
def come_back(slug: str) -> BaseResponse:
    """The network sends the person here. The state is used up and committed before anything is
    asked, so that of two returns one wins."""
    network, said, who = going(slug), request.args.to_dict(), traveller()
    with writing():
        db.session.rollback()
        found = away.come_back(who, slug, said.get("state", ""), clock.now())
        if found is None:
            return not_connected(network, journey.OVER)
        id = found.id
        db.session.commit()
        offers = journey.come_home(found, said.get("state", ""), said)
        found = journey.still(id)
        if isinstance(offers, Refused) or found is None:
            return not_connected(network, offers if isinstance(offers, Refused) else journey.OVER)
        return arrive(found, offers)


def arrive(found: Connecting, offers: list[Offer]) -> BaseResponse:
    """One account, or the one that was to be reconnected, is connected; else the person chooses."""
    again = db.session.get(Channel, found.channel_id) if found.channel_id else None
    same = [one for one in offers if again and connecting.is_account_of(again, one[0])]
    if same or (len(offers) == 1 and not again):
        away.arrive(found)
        return welcome(connecting.attach(g.member, *(same or offers)[0], clock.now()))
    away.hold_out(found, offers, clock.now())
    audit.unchanged()
    slug = found.network
    db.session.commit()
    return see("channels.choose_accounts", slug=slug)


@bp.get("/channels/connect/<slug>/choice")
@allows("channel.connect")
def choose_accounts(slug: str, status: int = 200, problem: str = "") -> Response:
    network = going_or_typed(slug)
    found = away.waiting(traveller(), slug, clock.now()) or abort(404)
    again = db.session.get(Channel, found.channel_id) if found.channel_id else None
    rows = [
        {
            "name": account.name,
            "handle": account.handle,
            "kind": str(account.facts.get("kind", "")),
            "is_known": bool(connecting.known(g.member.organization_id, account)),
        }
        for account, _ in away.offers_of(found)
    ]
    return page(
        "channels/choice.html",
        "connect",
        status,
        network=network,
        accounts=rows,
        again=again and {"id": again.id, "handle": again.handle},
        form=BlankForm(),
        problem=problem,
    )


@bp.post("/channels/connect/<slug>/choice")
@allows("channel.connect")
def connect_accounts(slug: str) -> BaseResponse:
    going_or_typed(slug)
    found = away.waiting(traveller(), slug, clock.now()) or abort(404)
    offers = away.offers_of(found)
    named = {name for name in request.form.getlist("account") if name.isdecimal()}
    chosen = [offer for number, offer in enumerate(offers) if str(number) in named]
    if not chosen:
        return choose_accounts(slug, 422, "Choose at least one account.")
    if not away.arrive(found):
        abort(404)
    return welcome(*(connecting.attach(g.member, *offer, clock.now()) for offer in chosen))


def going(slug: str) -> Network:
    """404 unless people connect at that network itself."""
    network = offered(slug)
    return network if Way.AWAY in network.ways else abort(404)


def going_or_typed(slug: str) -> Network:
    network = offered(slug)
    return abort(404) if Way.HERE in network.ways else network


def not_connected(network: Network, refusal: Refused) -> Response:
    """400: no channel came of it, and why."""
    db.session.commit()
    html = render_template("channels/not_connected.html", network=network, reason=refusal.reason)
    return make_response(html, 400)
