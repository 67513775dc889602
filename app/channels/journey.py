"""To a network and back: where a person is sent to say yes, and what comes of it. No transaction is
open while a network is asked."""

from collections.abc import Mapping
from datetime import datetime

from flask import current_app

from app.channels import away, registrations
from app.channels.apps import app_of
from app.channels.away import Connecting, Traveller
from app.channels.connecting import ask
from app.db import db
from app.networks import Door, Network, Offer, Refused, network, oauth
from app.origins import web_address

NO_PAGE = Refused("That server names no page where you could say yes.", field="host")
OVER = Refused("This took longer than ten minutes, or it was begun again. Start once more.")
FORGOTTEN = Refused("That server had forgotten this instance. Start again: it registers anew.")
NOBODY = Refused("The network said yes, but names no account that posts could go to.")


def way_back(slug: str) -> str:
    """The redirect address of a network on this instance: its own, so that the answer of one can't
    be taken for another's (RFC 9700 4.4.2)."""
    return f"{_base_url()}/channels/connect/{slug}/return"


def make_known(adapter: Network, host: str, now: datetime) -> Refused | None:
    """Register this instance at the server unless it is known there. The caller commits: the
    server knows us from now on, whatever becomes of the rest."""
    if not adapter.registers or app_of(adapter.slug, host):
        return None
    door = Door(way_back(adapter.slug), "", None, _base_url())
    app = ask(lambda web: adapter.register(web, host, door))
    if isinstance(app, Refused):
        return app
    registrations.keep(adapter.slug, adapter.known_at(host), app, now)
    return None


def set_out(
    who: Traveller,
    adapter: Network,
    answers: dict[str, str],
    channel_id: int | None,
    now: datetime,
) -> str | Refused:
    """The address at the network where the person says yes."""
    host, state = answers.get("host", ""), away.new_state()
    door = Door(way_back(adapter.slug), state, app_of(adapter.slug, host), _base_url())
    said = ask(lambda web: adapter.begin(web, answers, door))
    if isinstance(said, Refused):
        return said
    if not web_address(said.url):
        return NO_PAGE
    away.depart(who, adapter.slug, host, state, said.kept, channel_id, now)
    return said.url


def come_home(found: Connecting, state: str, said: Mapping[str, str]) -> list[Offer] | Refused:
    """The accounts that the network opened. `found` was used up and committed before; the caller
    commits, also after a refusal."""
    adapter, kept, host = network(found.network), away.open_kept(found), found.host
    if mix_up := oauth.other_issuer(kept, said):
        return mix_up
    if "error" in said:
        no = oauth.code_of(said)
        assert isinstance(no, Refused)
        return no
    door = Door(way_back(adapter.slug), state, app_of(adapter.slug, host), _base_url())
    offers = ask(lambda web: adapter.finish(web, door, kept, said))
    if offers == oauth.UNKNOWN_APP and adapter.registers:
        registrations.forget(adapter.slug, adapter.known_at(host))
        return FORGOTTEN
    if isinstance(offers, Refused):
        return offers
    return list(offers) or NOBODY


def still(id: int) -> Connecting | None:
    """The row again, after the network was asked; None when the person signed out meanwhile."""
    return db.session.get(Connecting, id)


def _base_url() -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base
