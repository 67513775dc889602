"""The register of incidents, with the 72 hours of GDPR art. 33 and the people concerned."""

from collections.abc import Callable
from datetime import UTC
from zoneinfo import ZoneInfo

from flask import Response, abort, flash
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, viewer
from app.account.forms import BlankForm
from app.db import db
from app.forms import Form
from app.operator import incidents, jobs
from app.operator.blast_radius import choices
from app.operator.forms import AssessForm, IncidentForm, NoticeForm, SummaryForm
from app.operator.models import RISKS, STEPS, Incident
from app.operator.routes import bp
from app.operator.urgency import judge_clock
from app.privacy.requests import NotNow
from app.privacy.words import CATEGORIES
from app.web import OPERATOR, allows, fresh, page, see


@bp.get("/operator/incidents")
@allows(OPERATOR)
def register(form: IncidentForm | None = None, status: int = 200) -> Response:
    zone = ZoneInfo(viewer.zone_name())
    local = clock.now().astimezone(zone).replace(tzinfo=None)
    blank = IncidentForm(formdata=None, zone=zone, data={"found_at": local})
    found = db.session.scalars(select(Incident).order_by(Incident.found_at.desc())).all()
    return page(
        "operator/incidents.html",
        "incidents",
        status,
        incidents=[(one, judge_clock(one.deadline, clock.now())) for one in found],
        form=form or blank,
    )


@bp.post("/operator/incidents")
@allows(OPERATOR)
def open_incident() -> BaseResponse:
    form = IncidentForm(zone=ZoneInfo(viewer.zone_name()))
    if not form.validate():
        return register(form, 422)
    found_at = form.found_at.data.replace(tzinfo=form.zone).astimezone(UTC)
    try:
        made = incidents.open_incident(
            current_user, form.title.data or "", form.summary.data or "", found_at, clock.now()
        )
    except NotNow as rule:
        form.found_at.errors = [str(rule)]
        return register(form, 422)
    audit.record("incident.opened", incident=made.id)
    db.session.commit()
    return see("operator.incident", id=made.id)


@bp.get("/operator/incidents/<int:id>")
@allows(OPERATOR)
def incident(id: int, form: Form | None = None, status: int = 200) -> Response:
    found = db.session.get(Incident, id) or abort(404)
    given = {"reached": found.reached, "risk": found.risk}
    assessing = form if isinstance(form, AssessForm) else AssessForm(formdata=None, data=given)
    summing = form if isinstance(form, SummaryForm) else SummaryForm(formdata=None, obj=found)
    telling = form if isinstance(form, NoticeForm) else NoticeForm(formdata=None, obj=found)
    return page(
        "operator/incident.html",
        "incident",
        status,
        one=found,
        urgency=judge_clock(found.deadline, clock.now()),
        steps=STEPS,
        risks=RISKS,
        names=dict(choices(db.metadata)),
        categories={str(kind): words for kind, words in CATEGORIES.items()},
        untold=incidents.untold(found),
        assess_form=assessing,
        summary_form=summing,
        notice_form=telling,
        blank=BlankForm(),
    )


@bp.post("/operator/incidents/<int:id>/summary")
@allows(OPERATOR)
def change_summary(id: int) -> BaseResponse:
    form = SummaryForm()
    if not form.validate():
        return incident(id, form, 422)
    words = form.summary.data or ""
    return _do(id, lambda one: incidents.describe(one, words))


@bp.post("/operator/incidents/<int:id>/containment")
@allows(OPERATOR)
def contain_incident(id: int) -> BaseResponse:
    return _do(id, lambda one: incidents.contain(one, clock.now()))


@bp.post("/operator/incidents/<int:id>/assessment")
@allows(OPERATOR)
def assess_incident(id: int) -> BaseResponse:
    form = AssessForm()
    if not form.validate():
        return incident(id, form, 422)
    reached, risk = form.reached.data or [], form.risk.data
    return _do(id, lambda one: incidents.assess(one, reached, risk, clock.now()))


@bp.post("/operator/incidents/<int:id>/notification")
@allows(OPERATOR)
def notify_authority(id: int) -> BaseResponse:
    return _do(id, lambda one: incidents.notify(one, clock.now()))


@bp.post("/operator/incidents/<int:id>/notices")
@allows(OPERATOR)
@fresh
def tell_people(id: int) -> BaseResponse:
    form = NoticeForm()
    if not form.validate():
        return incident(id, form, 422)
    words = form.notice.data or ""
    answer = _do(id, lambda one: incidents.tell(one, words, clock.now()), "incident.told")
    queue.enqueue(jobs.tell_people, id, on="default")
    return answer


@bp.post("/operator/incidents/<int:id>/closing")
@allows(OPERATOR)
def close_incident(id: int) -> BaseResponse:
    return _do(id, lambda one: incidents.close(one, clock.now()))


def _do(
    id: int, verb: Callable[[Incident], object], action: str = "incident.changed"
) -> BaseResponse:
    found = db.session.get(Incident, id, with_for_update=True) or abort(404)
    try:
        verb(found)
    except NotNow as rule:
        db.session.rollback()
        abort(409, str(rule))
    audit.record(action, incident=id)
    db.session.commit()
    flash("Noted.", "message")
    return see("operator.incident", id=id)
