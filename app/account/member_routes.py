"""The people of an organisation: who they are, what they may do, who is asked to join."""

from collections.abc import Callable

from flask import Response, abort, flash, g
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, telemetry
from app.account import jobs, limits
from app.account.forms import BlankForm
from app.account.invitations import find_invitation, invite, open_invitations
from app.account.limits import INVITE
from app.account.membership import Forbidden, change_role, find_member, remove
from app.account.membership import members as everybody
from app.account.organization_forms import InviteForm, RoleForm
from app.account.permissions import Role
from app.account.routes import bp, count_tries, too_often
from app.db import db
from app.returning import ask_again
from app.web import allows, page, see


@bp.get("/organization/members")
@allows("organization.view")
def members(form: InviteForm | None = None, status: int = 200) -> Response:
    return page(
        "account/members.html",
        "members",
        status,
        form=form or InviteForm(formdata=None),
        members=everybody(g.member),
        invitations=open_invitations(g.member, clock.now()),
        roles=list(Role),
        blank=BlankForm(),
    )


@bp.post("/organization/members/<int:id>/role")
@allows("member.manage")
def change_member_role(id: int) -> BaseResponse:
    target = find_member(g.member, id) or abort(404)
    form = RoleForm()
    if not form.validate():
        abort(422, "Choose one of the roles.")
    role = Role(form.role.data)
    if Role.OWNER in (target.role, role) and (answer := ask_again()):
        return answer
    before, person, name = target.role, target.user_id, target.user.name
    _allowed(lambda: change_role(g.member, target, role))
    audit.record("member.role_changed", subject=person, was=before, role=role)
    db.session.commit()
    flash(f"{name} is {role} now.", "message")
    return see("account.members")


@bp.post("/organization/members/<int:id>/removal")
@allows("member.manage")
def remove_member(id: int) -> BaseResponse:
    target = find_member(g.member, id) or abort(404)
    name, person = target.user.name, target.user_id
    _allowed(lambda: remove(g.member, target))
    audit.record("member.removed", subject=person)
    db.session.commit()
    flash(f"{name} no longer belongs here. What they wrote stays.", "message")
    return see("account.members")


def _allowed(change: Callable[[], None]) -> None:
    """409 with the rule that stands against the change. Nothing is rolled back: the page is still
    shown to the member who asked, whose row may be gone by now."""
    try:
        change()
    except Forbidden as rule:
        abort(409, str(rule))


@bp.post("/organization/invitations")
@allows("member.manage")
def invite_member() -> BaseResponse:
    form = InviteForm()
    if not form.validate():
        return members(form, 422)
    if wait := count_tries((INVITE, str(g.member.organization_id))):
        form.email.errors = [limits.words(wait)]
        return too_often(members(form, 429), wait)
    try:
        invitation = invite(g.member, form.email.data or "", Role(form.role.data), clock.now())
    except Forbidden as rule:
        form.email.errors = [str(rule)]
        return members(form, 422)
    telemetry.tell("invitation_sent", g.member.user_id, role=invitation.role)
    audit.record("invitation.sent", invitation=invitation.id, role=invitation.role)
    db.session.commit()
    queue.enqueue(jobs.send_invitation, invitation.id, on="default")
    flash(f"An invitation is on its way to {invitation.email}.", "message")
    return see("account.members")


@bp.post("/organization/invitations/<int:id>/mail")
@allows("member.manage")
def mail_invitation(id: int) -> BaseResponse:
    invitation = find_invitation(g.member, id) or abort(404)
    if wait := count_tries((INVITE, str(g.member.organization_id))):
        flash(limits.words(wait), "notice")
        audit.unchanged()
        return too_often(see("account.members"), wait)
    email = invitation.email
    audit.record("invitation.mailed_again", invitation=id)
    db.session.commit()
    queue.enqueue(jobs.send_invitation, id, on="default")
    flash(f"A new link is on its way to {email}; the earlier one is dead.", "message")
    return see("account.members")


@bp.post("/organization/invitations/<int:id>/revocation")
@allows("member.manage")
def revoke_invitation(id: int) -> BaseResponse:
    invitation = find_invitation(g.member, id) or abort(404)
    email = invitation.email
    db.session.delete(invitation)
    audit.record("invitation.revoked", invitation=id)
    db.session.commit()
    flash(f"The invitation of {email} is taken back.", "message")
    return see("account.members")
