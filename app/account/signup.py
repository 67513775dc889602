"""Joining: a person, their organisation, and what they agreed to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.account.models import Membership, Organization, User, fold
from app.account.permissions import Role
from app.account.tokens import OneTimeToken
from app.db import db
from app.scope import across_organizations

OLD_ENOUGH = 13
AGE_WORDING = "birth-month-year-2026-02"


class AddressTaken(Exception):
    """There is an account with this address, perhaps since a moment ago."""


@dataclass(frozen=True)
class Application:
    """What a person filled in; the month and year of birth are not part of it on purpose."""

    name: str
    email: str
    password: str
    organization: str
    timezone: str
    policy_version: str


def is_old_enough(month: int, year: int, now: datetime) -> bool:
    """13 years are certain only once the month of the birthday has passed (COPPA, 16 CFR 312)."""
    return (now.year - year) * 12 + now.month - month > OLD_ENOUGH * 12


def join(application: Application, now: datetime) -> User:
    """Make the account and its organisation; the person owns it. Raises AddressTaken."""
    user = register(application, now)
    found(user, application.organization.strip(), now)
    return user


def register(application: Application, now: datetime) -> User:
    """Make the account alone. Raises AddressTaken, with nothing written."""
    if User.by_email(application.email):
        raise AddressTaken
    user = User(
        email=fold(application.email),
        name=application.name.strip(),
        timezone=application.timezone,
        created_at=now,
        age_passed_at=now,
        age_wording=AGE_WORDING,
        accepted_policy=application.policy_version,
        accepted_at=now,
    )
    user.set_password(application.password)
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise AddressTaken from None
    return user


def found(user: User, name: str, now: datetime) -> Membership:
    """A new organisation that the person owns."""
    organization = Organization(name=name, timezone=user.timezone or "UTC", created_at=now)
    with across_organizations("the new one is nobody's yet"):
        db.session.add(organization)
        db.session.flush()
        member = Membership(
            user_id=user.id, organization_id=organization.id, role=Role.OWNER, joined_at=now
        )
        db.session.add(member)
        db.session.flush()
    return member


def take_address(link: OneTimeToken, user: User, now: datetime) -> bool:
    """The link's address is the person's, confirmed; False when it is used up or taken by now."""
    owner = User.by_email(link.email)
    if (owner and owner.id != user.id) or not link.spend(now):
        return False
    user.email, user.email_verified_at = link.email, now
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return False
    return True
