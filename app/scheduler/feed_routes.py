"""/feeds: the organisation's calendar link, made, renewed and taken back; and the calendar itself."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, shown_once, viewer
from app.account.forms import BlankForm
from app.account.models import Organization
from app.db import db
from app.scheduler import feeds, ical
from app.scope import act_for
from app.web import allows, page, public, see

bp = Blueprint("feeds", __name__)
SHOWN_ONCE = "feed_link"
HIDDEN = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}


@bp.get("/feeds")
@allows("organization.manage")
def index() -> Response:
    text = shown_once.take(SHOWN_ONCE)
    return page(
        "scheduler/feeds.html",
        "feeds",
        feed=feeds.find(g.member),
        link=_address(text) if text else "",
        form=BlankForm(),
    )


@bp.post("/feeds")
@allows("organization.manage")
def make() -> BaseResponse:
    """Shown once, on the page that follows; until then it is sealed. Only its hash is kept."""
    text = feeds.renew(g.member, clock.now())
    shown_once.keep(SHOWN_ONCE, text)
    audit.record("feed.made")
    db.session.commit()
    return see("feeds.index")


@bp.post("/feeds/revocation")
@allows("organization.manage")
def revoke() -> BaseResponse:
    if feeds.revoke(g.member):
        audit.record("feed.revoked")
        flash("Taken back. Calendars that have the link get nothing from now on.", "message")
    else:
        audit.unchanged()
    db.session.commit()
    return see("feeds.index")


def _address(token: str) -> str:
    return f"{current_app.config['SETTINGS'].base_url}/feeds/{token}.ics"


@bp.get("/feeds/<token>.ics")
@public
def calendar(token: str) -> Response:
    """404 alike for a link that never was and one that was taken back. Nobody's session is asked."""
    viewer.forget()
    home = feeds.read(token) or abort(404)
    act_for(home)
    organization = db.session.get(Organization, home)
    if organization is None or organization.closing_at:  # nothing of it goes out any more
        abort(404)
    host = urlsplit(current_app.config["SETTINGS"].base_url).hostname or "localhost"
    body = ical.write(f"{organization.name}: posts", feeds.events(home, host, clock.now()))
    response = Response(body, mimetype="text/calendar", headers=HIDDEN)
    response.add_etag()
    response.make_conditional(request)
    return response
