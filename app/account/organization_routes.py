"""The organisation: its settings, a new one, another one, leaving it. Part of the account's pages."""

from flask import Response, abort, flash, g, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import factors
from app.account.forms import BlankForm
from app.account.membership import Forbidden, leave, may_take_over, memberships, take_over
from app.account.organization_forms import (
    ApprovalForm,
    LeaveForm,
    NewOrganizationForm,
    OrganizationForm,
)
from app.account.routes import bp
from app.account.signup import found
from app.db import db
from app.forms import Form
from app.origins import safe_path
from app.web import allows, fresh, page, see, unaudited


@bp.get("/organization")
@allows("organization.view")
def organization(status: int = 200, **forms: Form) -> Response:
    here = g.member.organization
    return page(
        "account/organization.html",
        "organization",
        status,
        mine=memberships(current_user),
        may_take_over=may_take_over(g.member),
        blank=BlankForm(),
        **{
            "form": OrganizationForm(formdata=None, obj=here),
            "approval_form": ApprovalForm(formdata=None, obj=here),
        }
        | forms,
    )


@bp.post("/organization")
@allows("organization.manage")
def change_organization() -> BaseResponse:
    form = OrganizationForm()
    if not form.validate():
        return organization(422, form=form)
    form.populate_obj(g.member.organization)
    audit.record("organization.changed")
    db.session.commit()
    flash("Saved.", "message")
    return see("account.organization")


@bp.post("/organization/approval")
@allows("organization.manage")
def change_approval() -> BaseResponse:
    here = g.member.organization
    form = ApprovalForm(obj=here)
    if not form.validate():
        return organization(422, approval_form=form)
    form.populate_obj(here)
    rules = {"rule": here.approval_rule, "client": here.client_rule}
    audit.record("organization.approval_changed", **rules)
    db.session.commit()
    flash("Saved. It counts from now on.", "message")
    return see("account.organization")


@bp.post("/organization/second-factor")
@allows("organization.own")
@fresh
def require_second_factor() -> BaseResponse:
    wanted = request.form.get("required") == "yes"
    if wanted and not factors.of(current_user).any:
        abort(409, "Set up a second factor for yourself first.")
    g.member.organization.require_second_factor = wanted
    audit.record("organization.second_factor", required=wanted)
    db.session.commit()
    flash(
        "Everybody here needs a second factor now." if wanted else "It is optional now.", "message"
    )
    return see("account.organization")


@bp.post("/organization/ownership")
@allows("organization.view")
@fresh
def take_ownership() -> BaseResponse:
    try:
        take_over(g.member)
    except Forbidden as rule:
        abort(403, str(rule))
    audit.record("organization.taken_over")
    db.session.commit()
    flash("You own this organisation now.", "message")
    return see("account.organization")


@bp.get("/organization/new")
@allows("self")
def begin_organization(form: NewOrganizationForm | None = None, status: int = 200) -> Response:
    form = form or NewOrganizationForm(formdata=None)
    return page("account/organization_new.html", "organization_new", status, form=form)


@bp.post("/organization/new")
@allows("self")
def found_organization() -> BaseResponse:
    form = NewOrganizationForm()
    if not form.validate():
        return begin_organization(form, 422)
    member = found(current_user, form.organization.data or "", clock.now())
    session["organization_id"] = member.organization_id
    session.rotate()  # type: ignore[attr-defined]
    audit.record("organization.founded", organization=member.organization_id)
    db.session.commit()
    flash("Your new organisation is ready. Choose where its posts go.", "message")
    return see("channels.choose")


@bp.post("/organization/switch")
@allows("self")
@unaudited("chooses which organisation to look at; nothing is changed")
def switch_organization() -> BaseResponse:
    chosen = request.form.get("organization", "")
    mine = {str(member.organization_id): member for member in memberships(current_user)}
    if chosen not in mine:
        abort(404)
    session["organization_id"] = mine[chosen].organization_id
    session.rotate()  # type: ignore[attr-defined]
    flash(f"You are in {mine[chosen].organization.name} now.", "message")
    return redirect(safe_path(request.form.get("next")), 303)


@bp.get("/organization/leaving")
@allows("organization.view")
def leaving(form: LeaveForm | None = None, status: int = 200) -> Response:
    form = form or LeaveForm(formdata=None, expected=g.member.organization.name)
    return page("account/leaving.html", "leaving", status, form=form)


@bp.post("/organization/leaving")
@allows("organization.view")
def leave_organization() -> BaseResponse:
    name, organization_id = g.member.organization.name, g.member.organization_id
    form = LeaveForm(expected=name)
    if not form.validate():
        return leaving(form, 422)
    try:
        leave(g.member)
    except Forbidden as rule:
        form.name.errors = [str(rule)]
        return leaving(form, 422)
    session.pop("organization_id", None)
    audit.record("organization.left", organization=organization_id)
    db.session.commit()
    flash(f"You have left {name}.", "message")
    return see("scheduler.calendar")
