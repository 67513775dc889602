"""Who the demo organisation is."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app

from app import audit
from app.account.invitations import invite
from app.account.membership import members
from app.account.models import Membership, User
from app.account.permissions import Role
from app.account.signup import found
from app.channels.models import Channel
from app.db import db

EMAIL, PASSWORD = "demo@allstac.example", "a calm blue orchard"
ZONE = ZoneInfo("Europe/Berlin")
TEAM = (("Noor Haddad", Role.EDITOR), ("Jonas Weber", Role.APPROVER))


def gather(now: datetime) -> Membership:
    """Robin owns it, can sign in, and runs the instance unless it is a real one (the password is
    known to all); the others are there to be seen."""
    robin = person(EMAIL, "Robin Demo", now)
    robin.is_operator = not current_app.config["SETTINGS"].is_production
    robin.set_password(PASSWORD)
    owner = found(robin, "Blue Orchard Coffee", now)
    for name, role in TEAM:
        user = person(f"{name.split()[0].lower()}@allstac.example", name, now)
        db.session.add(
            Membership(
                user_id=user.id, organization_id=owner.organization_id, role=role, joined_at=now
            )
        )
    invite(owner, "sam@allstac.example", Role.VIEWER, now)
    return owner


def person(email: str, name: str, now: datetime) -> User:
    user = User(
        email=email,
        name=name,
        timezone=ZONE.key,
        created_at=now,
        email_verified_at=now,
        age_passed_at=now,
        accepted_at=now,
        accepted_policy=current_app.config["POLICY_VERSION"],
    )
    db.session.add(user)
    db.session.flush()
    return user


def leave_trail(owner: Membership, channel: Channel, now: datetime) -> None:
    """What the routes would have recorded, and a first signed head."""
    here, robin = owner.organization_id, owner.user_id
    audit.record("organization.founded", actor=robin, organization=here)
    jonas, noor = [member for member in members(owner) if member.user_id != robin]
    for one in (noor, jonas):
        audit.record("member.joined", actor=one.user_id, organization=here, role=one.role)
    audit.record(
        "member.role_changed",
        actor=robin,
        subject=noor.user_id,
        organization=here,
        was=Role.VIEWER,
        role=noor.role,
    )
    audit.record("channel.connected", actor=robin, organization=here, channel=channel.id)
    audit.record("account.sign_in_failed", subject=robin)
    audit.sign_head(now)
