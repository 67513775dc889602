"""People, their organisations, what they may do in them, and their sessions."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_login import UserMixin
from sqlalchemy import ForeignKey, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import coming_back
from app.account.approval_rule import ApprovalRule, ClientRule
from app.account.hashing import is_outdated, slow_hash, verify
from app.account.own_row import SHADES, chosen, own
from app.account.permissions import ROLES, TO_ALL, Role, who_may
from app.datamap import (
    Basis,
    Category,
    Erase,
    Purpose,
    Subject,
    content,
    erased_is_empty,
    link,
    personal,
    plain,
    secret,
)
from app.db import Model, db, table


class User(Model, UserMixin):
    """A person with an account. Who is erased leaves an empty row behind: a constraint of the
    database keeps it empty, and nothing that still names it can be somebody else's."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    email: Mapped[str] = mapped_column(
        unique=True,
        nullable=True,
        info=own(Category.EMAIL, why="to sign you in and to write to you", correct="/account"),
    )
    name: Mapped[str] = mapped_column(
        nullable=True,
        info=chosen(Category.NAME, coming_back.name, why="so that your team knows who you are"),
    )
    password_hash: Mapped[str | None] = mapped_column(
        info=secret(
            Category.SECRET, why="to check your password", at_rest="hashed", erase=Erase.NULL
        )
    )
    timezone: Mapped[str] = mapped_column(
        default="UTC",
        nullable=True,
        info=chosen(
            Category.PREFERENCE, coming_back.zone, why="to show and read times where you are"
        ),
    )
    theme: Mapped[str] = mapped_column(
        default="auto",
        nullable=True,
        info=chosen(Category.PREFERENCE, SHADES, why="to show pages light or dark"),
    )
    is_operator: Mapped[bool] = mapped_column(
        default=False, nullable=True, info=own(Category.ROLE, why="to let you run this instance")
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    email_verified_at: Mapped[datetime | None] = mapped_column(
        info=own(Category.EMAIL, why="to know that the address is yours")
    )
    age_passed_at: Mapped[datetime | None] = mapped_column(
        info=own(
            Category.CONSENT,
            why="to show that we asked your age; only that you passed is kept",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
        )
    )
    age_wording: Mapped[str | None] = mapped_column(info=plain("which wording of the question"))
    accepted_policy: Mapped[str | None] = mapped_column(
        info=own(
            Category.CONSENT,
            why="to know which version of the policy you accepted",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
        )
    )
    accepted_at: Mapped[datetime | None] = mapped_column(info=plain())
    told_policy: Mapped[str | None] = mapped_column(
        info=own(
            Category.CONSENT,
            why="to know which version of the policy we told you about",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
        )
    )
    closing_at: Mapped[datetime | None] = mapped_column(
        index=True, info=plain("until then the person may take a deletion back")
    )
    restricted_at: Mapped[datetime | None] = mapped_column(
        info=plain("since when the person's data are only kept, not used")
    )
    erased_at: Mapped[datetime | None] = mapped_column(
        info=plain("the row is an empty shell since then")
    )

    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="user", order_by="Membership.id", cascade="all, delete-orphan"
    )

    @classmethod
    def by_email(cls, email: str) -> "User | None":
        return db.session.scalar(select(cls).where(cls.email == fold(email)))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    def hold(self) -> None:
        """What changes how this person signs in stands in line from here to the commit, and reads
        what is true by then."""
        db.session.flush()
        db.session.refresh(self, with_for_update={"key_share": True})

    def set_password(self, password: str) -> None:
        self.password_hash = slow_hash(password)

    def has_password(self, password: str) -> bool:
        return verify(self.password_hash, password)

    def refresh_hash(self, password: str) -> None:
        """The person has just typed it: hash it as we hash today, if that has changed."""
        if self.password_hash and is_outdated(self.password_hash):
            self.set_password(password)


def fold(email: str) -> str:
    """Addresses are compared without regard to case and outer spaces; none holds a NUL."""
    return email.replace("\x00", "").strip().lower()


table(User).append_constraint(erased_is_empty(table(User)))


class Organization(Model):
    """Who owns posts and channels."""

    __tablename__ = "organization"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    name: Mapped[str] = mapped_column(
        info=content(
            Category.NAME, why="a sole trader's name may be a person's", back=coming_back.name
        )
    )
    timezone: Mapped[str] = mapped_column(
        default="UTC",
        server_default="UTC",
        info=plain("zone that new members begin with", back=coming_back.zone),
    )
    late_after: Mapped[int] = mapped_column(
        default=120,
        info=plain("minutes until an overdue post is held", back=coming_back.whole(0, 10_080)),
    )
    approval_rule: Mapped[str] = mapped_column(
        default=ApprovalRule.OFF,
        server_default="off",
        info=plain(
            "whose yes a post needs before it goes out: off | one | four_eyes",
            back=coming_back.one_of(*ApprovalRule),
        ),
    )
    client_rule: Mapped[str] = mapped_column(
        default=ClientRule.NOTED,
        server_default="noted",
        info=plain(
            "what a client's yes by a link is worth: noted | counts",
            back=coming_back.one_of(*ClientRule),
        ),
    )
    closing_at: Mapped[datetime | None] = mapped_column(
        info=plain("when it is deleted; nothing of it goes out any more", back=coming_back.anew)
    )
    paused_at: Mapped[datetime | None] = mapped_column(
        info=plain("nothing of it goes out since then", back=coming_back.anew)
    )
    require_second_factor: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        info=plain("members without a second factor set one up before they act here"),
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())

    @property
    def asks_for_approval(self) -> bool:
        return self.approval_rule != ApprovalRule.OFF


class Membership(Model):
    """One person in one organisation, with one role."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "organization_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.MEMBER)
    )
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    role: Mapped[str] = mapped_column(
        info=personal(
            Category.ROLE,
            why="to know what you may do here",
            purpose=Purpose.AUTHORISE,
            back=coming_back.one_of(*Role),
        )
    )
    joined_at: Mapped[datetime] = mapped_column(
        info=personal(Category.MEMBERSHIP, why="to show since when you belong here")
    )

    user: Mapped[User] = relationship(back_populates="memberships")
    organization: Mapped[Organization] = relationship(lazy="joined")

    def may(self, permission: str) -> bool:
        return Role(self.role) in ROLES[permission]

    def may_to_all(self, permission: str) -> bool:
        """To everybody's things, or only to this person's own?"""
        return Role(self.role) in TO_ALL.get(permission, ROLES[permission])

    def refusal(self, permission: str) -> str:
        return (
            f"This is for {who_may(permission)}; your role here is {self.role}."
            " An owner or an admin can change it."
        )
