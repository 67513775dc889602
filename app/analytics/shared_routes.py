"""What people without an account open: a report by its link, and the end of reports by mail."""

from zoneinfo import ZoneInfo

from flask import Response, abort, render_template

from app import audit, clock, viewer
from app.account.models import Organization
from app.account.open_links import HIDDEN
from app.analytics import links, report, subscriptions
from app.analytics.report_routes import bp
from app.analytics.subscriptions import OFF, ReportMail
from app.db import db
from app.scope import act_for
from app.web import csrf, public


@bp.get("/reports/<token>")
@public
def shared(token: str) -> Response:
    """404 alike for a link that never was, was taken back or is out of time. Nobody's session is
    asked: everybody with the link sees the same, in the organisation's zone."""
    viewer.forget()
    now = clock.now()
    opened = links.read(token, now) or abort(404)
    act_for(opened.organization_id)
    organization = db.session.get(Organization, opened.organization_id)
    if organization is None or organization.closing_at:  # nothing of it goes out any more
        abort(404)
    zone = ZoneInfo(organization.timezone)
    span = report.span_of(opened.month, now.astimezone(zone).date()) or abort(404)
    found = report.draw(organization, span, opened.channel_id, zone, now) or abort(404)
    words = render_template("analytics/report.html", report=found, until=opened.expires_at)
    return Response(words, headers=HIDDEN)


@bp.get("/reports/stop/<token>")
@public
def stop(token: str) -> Response:
    """A GET changes nothing: mail scanners follow links. The button stops them."""
    viewer.forget()
    _mail(token)
    return _stopped(token, is_done=False)


@bp.post("/reports/stop/<token>")
@csrf.exempt
@public
def stop_mails(token: str) -> Response:
    """Mail programs send this by themselves (RFC 8058): no session, no token of ours, no question."""
    viewer.forget()
    mail = _mail(token)
    person, home = mail.membership.user_id, mail.membership.organization_id
    act_for(home)
    if mail.rhythm == OFF:
        audit.unchanged()
    else:
        mail.rhythm = OFF
        audit.record("report.mail_stopped", actor=person, organization=home)
    db.session.commit()
    return _stopped(token, is_done=True)


def _mail(token: str) -> ReportMail:
    return subscriptions.read_stop(token) or abort(404)


def _stopped(token: str, *, is_done: bool) -> Response:
    facts = {"mails": "reports by mail", "where": "Analytics, Reports"}
    url = f"/reports/stop/{token}"
    words = render_template("account/stop.html", **facts, url=url, is_done=is_done)
    return Response(words, headers=HIDDEN)
