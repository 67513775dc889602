"""Invitations: bound to an address and a role, good for seven days, used up once."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account import allowances
from app.account.membership import OWNERS_ONLY, Forbidden
from app.account.models import Membership, Organization, User, fold
from app.account.permissions import Role
from app.account.tokens import digest
from app.datamap import Category, Erase, Purpose, Retention, Subject, link, personal, plain, secret
from app.db import Model, db
from app.scope import across_organizations, within_organization

GOOD_FOR = timedelta(days=7)
MOST = 50  # open ones per organisation


class Invitation(Model):
    """An address asked to join. The row goes when it is accepted or taken back, and by the retention
    rule once it is out of time."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("organization_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    inviter_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        index=True,
        info=link(Subject.ACTOR, why="to say who asks", erase=Erase.NULL),
    )
    email: Mapped[str] = mapped_column(
        info=personal(
            Category.EMAIL,
            why="to mail the invitation, and so that only its receiver can accept it",
            retention=Retention.ONE_TIME,
            erase=Erase.DELETE_ROW,
            by_address=True,
        )
    )
    role: Mapped[str] = mapped_column(
        info=personal(
            Category.ROLE,
            why="what the person may do once they joined",
            purpose=Purpose.AUTHORISE,
            retention=Retention.ONE_TIME,
        )
    )
    token_hash: Mapped[str | None] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the link that we mailed",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
        ),
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    expires_at: Mapped[datetime] = mapped_column(info=plain())

    organization: Mapped[Organization] = relationship(lazy="joined")
    inviter: Mapped[User | None] = relationship()

    def renew(self, now: datetime) -> str:
        """A fresh link; the earlier one is dead. The text is given out once."""
        text = secrets.token_urlsafe(32)
        self.token_hash, self.expires_at = digest(text), now + GOOD_FOR
        return text


def invite(actor: Membership, email: str, role: Role, now: datetime) -> Invitation:
    """Ask an address to join; asking again replaces the role. Raises Forbidden."""
    if role == Role.OWNER and actor.role != Role.OWNER:
        raise Forbidden(OWNERS_ONLY)
    if actor.user.email_verified_at is None:
        raise Forbidden("Confirm your own address first, under Account.")
    email = fold(email)
    if _is_member(actor, email):
        raise Forbidden("This person belongs to the organisation already.")
    found = db.session.scalar(
        select(Invitation).where(
            Invitation.organization_id == actor.organization_id, Invitation.email == email
        )
    )
    if found is None:
        if len(open_invitations(actor, now)) >= MOST:
            raise Forbidden(f"There are {MOST} open invitations. Take one back first.")
        found = Invitation(
            organization_id=actor.organization_id, email=email, created_at=now, expires_at=now
        )
        there = _count_places(actor, now) + 1
        if words := allowances.refuse(actor.organization_id, "members", there):
            raise Forbidden(words)
        db.session.add(found)
    found.role, found.inviter_id, found.expires_at = role, actor.user_id, now + GOOD_FOR
    db.session.flush()
    return found


def _count_places(actor: Membership, now: datetime) -> int:
    """Who belongs and who is asked to."""
    here = select(func.count()).where(Membership.organization_id == actor.organization_id)
    return (db.session.scalar(here) or 0) + len(open_invitations(actor, now))


def _is_member(actor: Membership, email: str) -> bool:
    chosen = select(func.count()).select_from(Membership).join(User)
    return bool(
        db.session.scalar(
            chosen.where(Membership.organization_id == actor.organization_id, User.email == email)
        )
    )


def open_invitations(actor: Membership, now: datetime) -> Sequence[Invitation]:
    return db.session.scalars(
        select(Invitation)
        .where(Invitation.organization_id == actor.organization_id, Invitation.expires_at > now)
        .order_by(Invitation.created_at)
    ).all()


def find_invitation(actor: Membership, id: int) -> Invitation | None:
    return db.session.scalar(
        select(Invitation).where(
            Invitation.id == id, Invitation.organization_id == actor.organization_id
        )
    )


def by_token(text: str, now: datetime) -> Invitation | None:
    """The invitation behind a mailed link, while it is good."""
    chosen = select(Invitation).where(Invitation.token_hash == digest(text))
    with across_organizations("the link says which one it is of"):
        return db.session.scalar(chosen.where(Invitation.expires_at > now))


def accept(invitation: Invitation, user: User, now: datetime) -> bool:
    """Use it up and join; False when somebody was faster or it was taken back meanwhile. Raises
    allowances.NoRoom when the plan became smaller than it was."""
    with within_organization(invitation.organization_id):
        joined = _join(invitation, user, now)
        db.session.flush()
    return joined


def _join(invitation: Invitation, user: User, now: datetime) -> bool:
    organization_id, role = invitation.organization_id, invitation.role
    used: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        delete(Invitation).where(
            Invitation.id == invitation.id, Invitation.token_hash == invitation.token_hash
        )
    )
    if not used.rowcount:
        return False
    known = select(Membership.id).where(
        Membership.user_id == user.id, Membership.organization_id == organization_id
    )
    if db.session.scalar(known) is None:
        _make_room(organization_id)
        joined = Membership(
            user_id=user.id, organization_id=organization_id, role=role, joined_at=now
        )
        db.session.add(joined)
    user.email_verified_at = user.email_verified_at or now  # the link came to that address
    return True


def _make_room(organization_id: int) -> None:
    """People join one after the other; raises allowances.NoRoom."""
    allowances.stand_in_line(organization_id)
    there = select(func.count()).where(Membership.organization_id == organization_id)
    count = db.session.scalar(there) or 0
    if words := allowances.refuse(organization_id, "members", count + 1):
        raise allowances.NoRoom(words)
