"""Who belongs to an organisation and as what; an owner always remains."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.account import sessions
from app.account.models import Membership, Organization, User
from app.account.permissions import Role
from app.db import db
from app.scope import across_organizations


class Forbidden(Exception):
    """The text says what rule stands against it."""


LAST_OWNER = "An organisation needs an owner. Make somebody else one first."
OWNERS_ONLY = "Only an owner can change who owns the organisation."


def members(actor: Membership) -> Sequence[Membership]:
    """Everybody of the actor's organisation, by name."""
    chosen = select(Membership).join(User).order_by(User.name, Membership.id)
    return db.session.scalars(
        chosen.where(Membership.organization_id == actor.organization_id)
    ).all()


def find_member(actor: Membership, id: int) -> Membership | None:
    return db.session.scalar(
        select(Membership).where(
            Membership.id == id, Membership.organization_id == actor.organization_id
        )
    )


def memberships(user: User) -> Sequence[Membership]:
    """The organisations that a person belongs to, by name."""
    chosen = select(Membership).join(Organization).order_by(Organization.name, Membership.id)
    with across_organizations("a person's own memberships"):
        return db.session.scalars(chosen.where(Membership.user_id == user.id)).all()


def change_role(actor: Membership, target: Membership, role: Role) -> None:
    """Raises Forbidden. Counts from the next request of that person on."""
    if Role.OWNER in (Role(target.role), role) and actor.role != Role.OWNER:
        raise Forbidden(OWNERS_ONLY)
    if role != Role.OWNER:
        _keep_an_owner(target)
    target.role = role
    sessions.renew(target.user_id)


def remove(actor: Membership, target: Membership) -> None:
    """Raises Forbidden. What the person wrote stays with the organisation."""
    if target.role == Role.OWNER and actor.role != Role.OWNER:
        raise Forbidden(OWNERS_ONLY)
    leave(target)


def leave(member: Membership) -> None:
    """Raises Forbidden for the last owner."""
    _keep_an_owner(member)
    db.session.delete(member)
    sessions.renew(member.user_id)


def _keep_an_owner(leaving: Membership) -> None:
    """With the organisation locked, so that two owners can't step down at once."""
    if leaving.role != Role.OWNER:
        return
    organization = leaving.organization_id
    db.session.execute(
        select(Organization.id).where(Organization.id == organization).with_for_update()
    )
    others = db.session.scalar(
        select(func.count()).where(
            Membership.organization_id == organization,
            Membership.role == Role.OWNER,
            Membership.id != leaving.id,
        )
    )
    if not others:
        raise Forbidden(LAST_OWNER)
