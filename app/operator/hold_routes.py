"""Legal holds and retention at the desk: who orders, who agrees, until when; what ran, what is braked, what
is overdue."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import Response, abort, flash
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, IntegerField, RadioField, StringField
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import InputRequired, Length, NumberRange

from app import audit, clock, queue
from app.account.forms import BlankForm, clean
from app.db import db
from app.forms import Form
from app.operator.routes import bp
from app.privacy import holds, retention_jobs, retention_runs
from app.privacy.holds import LONGEST, LegalHold
from app.privacy.retention import load_rules
from app.privacy.retention_runs import BRAKED, RetentionRun
from app.web import OPERATOR, allows, fresh, page, see


class HoldForm(Form):
    scope = RadioField(
        "What is kept?",
        [InputRequired("Choose one.")],
        choices=[
            Choice("user", "All about one person"),
            Choice("organization", "One organisation"),
        ],
    )
    target = IntegerField(
        "Its number",
        [InputRequired("Say whose."), NumberRange(1, 2**31 - 1, "No number like that.")],
        description="The number at the person's or organisation's page of this desk.",
    )
    authority = StringField(
        "Who ordered it?",
        [InputRequired("Name the court, regulator or counsel."), Length(max=200)],
        filters=[clean],
    )
    reason = StringField(
        "For what?",
        [InputRequired("Name the case or the duty."), Length(max=500)],
        filters=[clean],
        description="The case or the duty; no facts about people.",
    )
    review_on = DateField("Looked at again on", [InputRequired("Say a day.")])


class ReviewForm(Form):
    review_on = DateField("Looked at again on", [InputRequired("Say a day.")])


@bp.get("/operator/holds")
@allows(OPERATOR)
def hold_register(form: HoldForm | None = None, status: int = 200) -> Response:
    blank = HoldForm(formdata=None, data={"review_on": _in_ninety_days()})
    found = db.session.scalars(select(LegalHold).order_by(LegalHold.id.desc())).all()
    return page(
        "operator/holds.html",
        "holds",
        status,
        holds=found,
        form=form or blank,
        today=clock.now().date(),
        review=ReviewForm(formdata=None, data={"review_on": _in_ninety_days()}),
        blank=BlankForm(),
    )


def _in_ninety_days() -> date:
    return (clock.now() + LONGEST / 2).date()


@bp.post("/operator/holds")
@allows(OPERATOR)
@fresh
def place_hold() -> BaseResponse:
    form = HoldForm()
    if not form.validate():
        return hold_register(form, 422)
    assert form.target.data
    assert form.review_on.data
    asked = (form.scope.data, form.target.data, form.authority.data or "", form.reason.data or "")
    try:
        hold = holds.place(*asked, form.review_on.data, current_user.id, clock.now())
    except holds.Unsound as rule:
        form.review_on.errors = [str(rule)]
        return hold_register(form, 422)
    audit.record("hold.placed", hold=hold.id, scope=hold.scope)
    db.session.commit()
    flash("Written down. It counts once a second person approves it.", "message")
    return see("operator.hold_register")


@bp.post("/operator/holds/<int:id>/approval")
@allows(OPERATOR)
@fresh
def approve_hold(id: int) -> BaseResponse:
    return _do(id, "hold.approved", lambda one: holds.approve(one, current_user.id, clock.now()))


@bp.post("/operator/holds/<int:id>/review")
@allows(OPERATOR)
def review_hold(id: int) -> BaseResponse:
    form = ReviewForm()
    if not form.validate() or not form.review_on.data:
        abort(422, "Say a day like 2027-01-31.")
    day = form.review_on.data
    return _do(id, "hold.reviewed", lambda one: holds.prolong(one, day, clock.now()))


@bp.post("/operator/holds/<int:id>/release")
@allows(OPERATOR)
@fresh
def release_hold(id: int) -> BaseResponse:
    return _do(id, "hold.released", lambda one: holds.release(one, current_user.id, clock.now()))


def _do(id: int, action: str, verb: Callable[[LegalHold], None]) -> BaseResponse:
    hold = db.session.get(LegalHold, id) or abort(404)
    try:
        verb(hold)
    except holds.Unsound as rule:
        db.session.rollback()
        abort(409, str(rule))
    audit.record(action, hold=id)
    db.session.commit()
    return see("operator.hold_register")


@bp.get("/operator/retention")
@allows(OPERATOR)
def retention() -> Response:
    now = clock.now()
    return page(
        "operator/retention.html",
        "retention",
        rules=load_rules().rules,
        runs=list(retention_runs.recent()),
        overdue=retention_runs.overdue(now),
        braked=BRAKED,
        late=now - timedelta(hours=2),
        blank=BlankForm(),
    )


@bp.post("/operator/retention/runs")
@allows(OPERATOR)
def start_retention() -> BaseResponse:
    audit.record("retention.started")
    db.session.commit()
    queue.enqueue(retention_jobs.run_retention, on="default")
    flash("A worker runs the rules now.", "message")
    return see("operator.retention")


@bp.post("/operator/retention/runs/<int:id>/release")
@allows(OPERATOR)
@fresh
def let_retention_go(id: int) -> BaseResponse:
    run = db.session.get(RetentionRun, id) or abort(404)
    if run.state != BRAKED:
        abort(409, "The brake is not on for this run.")
    retention_runs.let_go(run)
    audit.record("retention.released", run=id)
    db.session.commit()
    flash("The next run of this rule goes through.", "message")
    return see("operator.retention")
