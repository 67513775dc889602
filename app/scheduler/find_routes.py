"""/find: everything by a few letters of its name; Ctrl-K opens the same page in a dialog."""

from typing import Any, NamedTuple

from flask import Response, g, request

from app.account.forms import normal
from app.channels.models import Channel
from app.db import db
from app.scheduler import lists
from app.scheduler.labels import CAMPAIGN, Label
from app.scheduler.lists import Wanted
from app.scheduler.routes import bp
from app.scheduler.searching import LONGEST
from app.web import allows, page

MOST = 8  # of each kind


class Place(NamedTuple):
    """A page that has an address and a name of its own. `needs` is the permission to see it."""

    name: str
    url: str
    icon: str
    also: str = ""  # other words that find it
    needs: str = "organization.view"


PLACES = (
    Place("New post", "/posts/new", "plus", "write compose composer", "post.create"),
    Place("Calendar", "/calendar", "calendar-days", "month"),
    Place("Queue", "/queue", "layout-list"),
    Place("Slots", "/slots", "clock", "weekly times"),
    Place("Posts", "/posts", "file-text", "all"),
    Place("Drafts", "/posts?state=draft", "pencil"),
    Place("Import posts", "/import", "upload", "csv spreadsheet", "post.create"),
    Place("Export posts", "/posts/export.csv", "download", "csv spreadsheet"),
    Place("Labels and campaigns", "/labels", "tag"),
    Place("Templates and signatures", "/templates", "layout-template", "snippets endings"),
    Place("Approvals", "/approvals", "stamp", "review"),
    Place("Needs your eyes", "/attention", "eye", "attention held failed"),
    Place("Analytics", "/analytics", "chart-column", "figures", "analytics.view"),
    Place("Channels", "/channels", "plug", "accounts networks"),
    Place("Connect a channel", "/channels/connect", "plus", "account", "channel.connect"),
    Place("Organisation", "/organization", "users", "organization settings"),
    Place("Calendar link", "/feeds", "link", "ical ics feed subscribe", "organization.manage"),
    Place("People", "/organization/members", "users", "members invite"),
    Place("Plan", "/billing", "file-text", "billing invoices"),
    Place("Account", "/account", "settings", "profile time zone appearance dark"),
    Place("Security", "/account/security", "key-round", "password passkey second factor"),
    Place("Your privacy", "/settings/privacy", "lock", "data copies deletion"),
    Place("Support", "/support", "circle-help", "help"),
)


@bp.get("/find")
@allows("organization.view")
def find() -> Response:
    asked = " ".join(normal(request.args.get("q", "")).split())[:LONGEST]
    words = asked.casefold().split()
    posts = lists.choose(g.member, Wanted(asked=asked)).limit(MOST) if words else None
    return page(
        "scheduler/find.html",
        "found",
        asked=asked,
        places=_places(words),
        channels=_channels(words) if words else [],
        labels=_labels(words) if words else [],
        posts=lists.newest(posts) if posts is not None else [],
        more=Wanted(asked=asked).url,
    )


def _places(words: list[str]) -> list[Place]:
    found = [one for one in PLACES if g.member.may(one.needs)]
    return [one for one in found if _begin(words, f"{one.name} {one.also}")][:MOST]


def _begin(words: list[str], names: str) -> bool:
    """Does one of the names begin with each of the words?"""
    known = names.casefold().replace("@", " ").replace(".", " ").split()
    return all(any(name.startswith(word.lstrip("@")) for name in known) for word in words)


def _channels(words: list[str]) -> list[dict[str, Any]]:
    ours = db.session.scalars(Channel.of(g.member))
    return [
        {"name": one.handle, "network": one.network, "network_name": one.network_name, "id": one.id}
        for one in ours
        if _begin(words, f"{one.handle} {one.name} {one.network_name} {one.account_id}")
        or one.handle.casefold().startswith(" ".join(words))
    ][:MOST]


def _labels(words: list[str]) -> list[dict[str, Any]]:
    ours = db.session.scalars(Label.of(g.member))
    return [
        {"name": one.name, "url": Wanted(label=one).url, "is_campaign": one.kind == CAMPAIGN}
        for one in ours
        if _begin(words, one.name)
    ][:MOST]
