"""What goes out of analytics: a printable report, CSV, links for others, and reports by mail."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, g, request, stream_with_context
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, shown_once
from app.account import allowances, open_links
from app.account.forms import BlankForm
from app.analytics import best_hours, choosing, export, labelled, links, making, overview, report
from app.analytics import subscriptions as mails
from app.analytics.posts_table import Wanted
from app.analytics.report_forms import LinkForm, MailForm
from app.channels.models import Channel
from app.db import db, writing
from app.web import allows, ids, page, see

bp = Blueprint("reports", __name__)
SHOWN_ONCE = "report_link"


@bp.get("/analytics/reports")
@allows("analytics.view")
def hub(form: LinkForm | None = None, status: int = 200, problem: str = "") -> Response:
    now, home = clock.now(), g.member.organization_id
    return page(
        "analytics/reports.html",
        "reports",
        status,
        form=form or _link_form(None),
        mail_form=MailForm(formdata=None, rhythm=mails.rhythm_of(g.member)),
        is_confirmed=current_user.email_verified_at is not None,
        months=report.months(_today()),
        against=choosing.AGAINST,
        open_links=open_links.open_ones(links.ReportLink, g.member, now),
        title_of=lambda month: report.span_of(month, _today()),
        room=allowances.of(home),
        made=making.made(home, now),
        problem=problem,
        link=links.address(text) if (text := shown_once.take(SHOWN_ONCE)) else "",
        blank=BlankForm(),
    )


def _today() -> date:
    return clock.now().astimezone(current_user.zone).date()


def _link_form(fields: "MultiDict[str, str] | None") -> LinkForm:
    channels = overview.channels_of(g.member)
    return LinkForm(formdata=fields, today=_today(), channels=channels)


@bp.get("/analytics/report")
@allows("analytics.view")
def month() -> Response:
    """Made for paper; the browser prints it, or keeps it as PDF."""
    span = report.span_of(request.args.get("month", ""), _today()) or abort(404)
    only = _channel_id()
    home, against = g.member.organization, request.args.get("against", "")
    found = report.draw(home, span, only, current_user.zone, clock.now(), against)
    return page("analytics/report.html", "report", report=found or abort(404), until=None)


def _channel_id() -> int | None:
    if not (typed := request.args.get("channel")):
        return None
    [id] = ids([typed]) or abort(404)
    return id


@bp.get("/analytics/best-time")
@allows("analytics.view")
def best_time() -> Response:
    channels, only = overview.channels_of(g.member), _channel_id()
    if only is not None and only not in {one.id for one in channels}:
        abort(404)
    found = best_hours.look(g.member.organization, only, clock.now())
    return page("analytics/best_time.html", "best-time", best=found, channels=channels, only=only)


@bp.get("/analytics/export.csv")
@allows("analytics.view")
def csv() -> BaseResponse:
    """Counted and on record before the first line goes out, so a GET that writes."""
    channels: dict[int, Channel] = {one.id: one for one in overview.channels_of(g.member)}
    asked = choosing.read(_days(), g.member, current_user.zone, clock.now()) or abort(404)
    wanted = _looked_for()
    if not asked.is_fine or (wanted.only is not None and wanted.only not in channels):
        abort(404)
    if refused := _count("report.exported"):
        return hub(status=403, problem=refused)
    made = stream_with_context(export.lines(g.member, asked.period, wanted, channels))
    response = Response(made, mimetype="text/csv")
    name = f"posts-{asked.period.first}-to-{asked.period.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _days() -> MultiDict[str, str]:
    """What the address says, a month as its days."""
    if not (typed := request.args.get("month")):
        return request.args
    month = report.span_of(typed, _today()) or abort(404)
    return MultiDict({"from": month.first.isoformat(), "to": month.last.isoformat()})


def _looked_for() -> Wanted:
    """As the table of posts reads it, so that a file holds what the page shows."""
    label = None
    if typed := request.args.get("label"):
        found = ids([typed]) or abort(404)
        label = (labelled.find(g.member, found[0]) or abort(404)).id
    return Wanted(only=_channel_id(), label=label, text=request.args.get("text", "").strip())


def _count(action: str, **what: Any) -> str:
    """Why the plan has no room for one more this month; empty once it is counted and on record."""
    home = g.member.organization_id
    with writing():
        db.session.rollback()
        if not (refused := making.take(home, clock.now())):
            audit.record(action, organization=home, actor=current_user.id, **what)
        db.session.commit()
    return refused


@bp.post("/analytics/reports/links")
@allows("report.share")
def make_link() -> BaseResponse:
    form, now, home = _link_form(request.form), clock.now(), g.member.organization_id
    if not form.validate():
        return hub(form, 422)
    if refused := making.take(home, now):
        audit.unchanged()
        db.session.rollback()
        return hub(form, 403, refused)
    try:
        made, text = links.make(
            g.member, form.channel_id, form.month.data, int(form.days.data), now
        )
    except open_links.Full as full:
        db.session.rollback()
        audit.unchanged()
        return hub(form, 422, str(full))
    audit.record("report.shared", link=made.id, until=f"{made.expires_at:%Y-%m-%d}")
    shown_once.keep(SHOWN_ONCE, text)  # its hash is all that is kept
    db.session.commit()
    return see("reports.hub")


@bp.post("/analytics/reports/links/<int:id>/revocation")
@allows("report.share")
def revoke_link(id: int) -> BaseResponse:
    open_links.take_back(links.ReportLink, g.member, id, clock.now()) or abort(404)
    audit.record("report.unshared", link=id)
    db.session.commit()
    flash("Taken back. Whoever has the link sees nothing from now on.", "message")
    return see("reports.hub")


@bp.post("/analytics/reports/mail")
@allows("analytics.view")
def choose_mail() -> BaseResponse:
    form = MailForm()
    if not form.validate():
        return hub(status=422, problem="Choose one of the three.")
    if mails.choose(g.member, form.rhythm.data, _today()):
        audit.record("report.mail_chosen", rhythm=form.rhythm.data)
    else:
        audit.unchanged()
    db.session.commit()
    stays_off = form.rhythm.data == mails.OFF
    flash(
        "No report comes by mail." if stays_off else "Saved. The next one comes by mail.", "message"
    )
    return see("reports.hub")
