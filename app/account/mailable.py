"""Whom mails go to that nobody has to have: reports, and the daily digest."""

from sqlalchemy import ColumnElement

from app.account.models import Organization, User


def may_be_mailed() -> tuple[ColumnElement[bool], ...]:
    """Of a person and an organisation: not whoever has no confirmed address, restricted the use of
    their data or is about to go, nor of what is about to go."""
    return (
        User.email_verified_at.is_not(None),
        User.restricted_at.is_(None),
        User.closing_at.is_(None),
        Organization.closing_at.is_(None),
    )
