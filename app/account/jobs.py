"""Mails about the account. The link is made here, so that no queue ever holds it."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from app import clock, mail
from app.account.alerts import Alert
from app.account.invitations import Invitation
from app.account.membership import may_take_over
from app.account.models import Membership, User
from app.account.tokens import OneTimeToken
from app.db import db
from app.scope import across_organizations, within_organization

VERIFY_MINUTES = 7 * 24 * 60
RESET_MINUTES = 30
RUNG = timedelta(minutes=5)  # a ring not answered by then was lost


def send_verification(user_id: int) -> None:
    _send_link(user_id, "verify", "/verify/", VERIFY_MINUTES)


def send_password_link(user_id: int) -> None:
    _send_link(user_id, "password", "/password/reset/", RESET_MINUTES)


def send_address_change(token_id: int) -> None:
    """The link goes to the new address, a notice to the present one."""
    found = db.session.get(OneTimeToken, token_id)
    user = found and db.session.get(User, found.user_id)
    if not found or not user:
        return
    new, present, name = found.email, user.email, user.name
    is_free, text = User.by_email(new) is None, found.renew()
    db.session.commit()
    base = current_app.config["SETTINGS"].base_url
    mail.send("address_notice", present, name=name, email=new)
    if is_free:  # else nothing is sent there: it is another person's address
        mail.send("address", new, name=name, email=new, link=f"{base}/verify/{text}")


def send_invitation(invitation_id: int) -> None:
    """Mail a fresh link; an earlier one is dead from now on."""
    with across_organizations("the row says which one the mail is for"):
        found = db.session.get(Invitation, invitation_id)
    if found is None:
        return
    with within_organization(found.organization_id):
        token = found.renew(clock.now())
        to, organization = found.email, found.organization.name
        inviter, role = found.inviter.name if found.inviter else "An admin", found.role
        db.session.commit()
    base = current_app.config["SETTINGS"].base_url
    mail.send(
        "invitation",
        to,
        inviter=inviter,
        organization=organization,
        role=role,
        link=f"{base}/invitations/{token}",
    )


def tell_ownerless(organization_id: int) -> None:
    """Everybody who belongs to an organisation hears that its last owner is gone, and who may act."""
    with within_organization(organization_id):
        here = select(Membership).where(Membership.organization_id == organization_id)
        told = [
            (one.user.email, one.user.name, one.organization.name, may_take_over(one))
            for one in db.session.scalars(here)
        ]
        db.session.rollback()
    for email, name, organization, may in told:
        mail.send("ownerless", email, name=name, organization=organization, may=may)


def send_alert(alert_id: int) -> None:
    """Tell the person; of what concerns the whole instance, each operator. Told once."""
    found = db.session.get(Alert, alert_id)
    if found is None or found.mailed_at:
        return
    template = found.meaning.mail
    letters = [(person.email, found.facts(person)) for person in found.addressees()]
    db.session.commit()
    for to, facts in letters:
        mail.send(template, to, **facts)
    found.mailed_at = clock.now()
    db.session.commit()


def send_waiting_alerts() -> None:
    """Those whose ring was lost."""
    waiting = Alert.mailed_at.is_(None) & (Alert.created_at < clock.now() - RUNG)
    for id in db.session.scalars(select(Alert.id).where(waiting).order_by(Alert.id)).all():
        send_alert(id)


def _send_link(user_id: int, purpose: str, path: str, minutes: int) -> None:
    user = db.session.get(User, user_id)
    if user is None:
        return
    token = OneTimeToken.issue(user, purpose, clock.now(), minutes)
    to, name = user.email, user.name
    db.session.commit()
    base = current_app.config["SETTINGS"].base_url
    template = "verify" if purpose == "verify" else "reset"
    mail.send(
        template,
        to,
        name=name,
        link=f"{base}{path}{token}",
        minutes=minutes,
    )
