"""Who belongs to an organisation and as what; an owner always remains."""

from collections.abc import Callable, Sequence

from sqlalchemy import func, select

from app.account import allowances, sessions
from app.account.models import Membership, Organization, User
from app.account.permissions import Role
from app.db import db
from app.scope import across_organizations


class Forbidden(Exception):
    """The text says what rule stands against it."""


# What else an organisation's new owner takes over: its number and theirs. Filled where features are
# put together.
ON_OWNER: list[Callable[[int, int], None]] = []
LAST_OWNER = "An organisation needs an owner. Make somebody else one first."
GONE = "Somebody was faster: this person no longer belongs to the organisation."
OWNED = "Somebody owns this organisation, or an admin has to take it over."
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
    _stand_in_line(actor, target)
    if Role.OWNER in (Role(target.role), role) and actor.role != Role.OWNER:
        raise Forbidden(OWNERS_ONLY)
    if role != Role.OWNER:
        _keep_an_owner(target)
        target.role = role
    else:
        own(target)
    sessions.renew(target.user_id)


def remove(actor: Membership, target: Membership) -> None:
    """Raises Forbidden. What the person wrote stays with the organisation."""
    _stand_in_line(actor, target)
    if target.role == Role.OWNER and actor.role != Role.OWNER:
        raise Forbidden(OWNERS_ONLY)
    _go(target)


def leave(member: Membership) -> None:
    """Raises Forbidden for the last owner."""
    _stand_in_line(member, member)
    _go(member)


def may_take_over(member: Membership) -> bool:
    """Where the last owner was erased, any admin may; where there is no admin, anybody who belongs."""
    roles = select(Membership.role).where(Membership.organization_id == member.organization_id)
    present = set(db.session.scalars(roles))
    return Role.OWNER not in present and (member.role == Role.ADMIN or Role.ADMIN not in present)


def take_over(member: Membership) -> None:
    """Own what nobody owns. Raises Forbidden."""
    _stand_in_line(member, member)
    if not may_take_over(member):
        raise Forbidden(OWNED)
    own(member)
    sessions.renew(member.user_id)


def own(member: Membership) -> None:
    """Whoever it is owns the organisation from now on."""
    if member.role != Role.OWNER:
        member.role = Role.OWNER
        for take_over_too in ON_OWNER:
            take_over_too(member.organization_id, member.user_id)


def _go(member: Membership) -> None:
    _keep_an_owner(member)
    db.session.delete(member)
    sessions.renew(member.user_id)


def _stand_in_line(actor: Membership, target: Membership) -> None:
    """The people of an organisation change one after the other, judged by what is true by then.
    Raises Forbidden."""
    home, both = actor.organization_id, {actor.id, target.id}
    allowances.stand_in_line(home)
    now = select(Membership).where(Membership.organization_id == home, Membership.id.in_(both))
    found = db.session.scalars(now.execution_options(populate_existing=True)).all()
    if len(found) < len(both):
        raise Forbidden(GONE)
    if actor is not target and not actor.may("member.manage"):
        raise Forbidden(actor.refusal("member.manage"))


def _keep_an_owner(leaving: Membership) -> None:
    """With the organisation locked, so that two owners can't step down at once."""
    if leaving.role != Role.OWNER:
        return
    others = db.session.scalar(
        select(func.count()).where(
            Membership.organization_id == leaving.organization_id,
            Membership.role == Role.OWNER,
            Membership.id != leaving.id,
        )
    )
    if not others:
        raise Forbidden(LAST_OWNER)
