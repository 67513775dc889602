"""Deletions that people ask for: their record, the cooling time, and what becomes of organisations.

cooling -> executing -> awaiting (a recipient has not answered) -> closed | partial; or cancelled."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app import vault
from app.account import sessions
from app.account.models import Membership, Organization, User
from app.account.permissions import Role
from app.datamap import (
    Basis,
    Category,
    Erase,
    Purpose,
    Retention,
    Subject,
    link,
    personal,
    plain,
    secret,
)
from app.db import Model, db
from app.keyed import NAMES, NUMBERS, Keyed
from app.privacy import erasure_plan
from app.privacy.portions import Holder
from app.privacy.recipients import PENDING, ErasureNotice
from app.scope import across_organizations

COOLING_TIME = timedelta(days=14)
COOLING, EXECUTING, AWAITING = "cooling", "executing", "awaiting"
CLOSED, PARTIAL, CANCELLED = "closed", "partial", "cancelled"
OPEN = (COOLING, EXECUTING, AWAITING)
WORDS = {
    COOLING: "Waiting; it can still be taken back",
    EXECUTING: "Being carried out",
    AWAITING: "Done here; a recipient has not answered yet",
    CLOSED: "Done",
    PARTIAL: "Done, except for what is listed",
    CANCELLED: "Taken back",
}
DELETE, LEAVE = "delete", "leave"


class Impossible(Exception):
    """The deletion can't begin like that; the text says what is needed."""


class Erasure(Model):
    """One deletion. It outlives the person whom it is about, without a name."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index(
            "uq_erasure_open",
            "user_id",
            unique=True,
            sqlite_where=text("state IN ('cooling','executing')"),
            postgresql_where=text("state IN ('cooling','executing')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id"),
        info=link(Subject.OWNER, why="whose row was emptied", erase=Erase.KEEP),
    )
    code: Mapped[str] = mapped_column(unique=True, info=plain("address of the certificate"))
    state: Mapped[str] = mapped_column(info=plain(" | ".join(WORDS)))
    asked_at: Mapped[datetime] = mapped_column(
        info=personal(
            Category.REQUEST,
            why="to show that you asked to be deleted, and when",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            retention=Retention.REQUEST,
            erase=Erase.KEEP,
        )
    )
    due_at: Mapped[datetime] = mapped_column(info=plain())
    lease_until: Mapped[datetime | None] = mapped_column(info=plain("a worker is at it until then"))
    closed_at: Mapped[datetime | None] = mapped_column(info=plain())
    choices: Mapped[dict[str, str]] = mapped_column(
        Keyed(NUMBERS), info=plain("by organisation: delete, leave or a member's id")
    )
    plan_hash: Mapped[str] = mapped_column(info=plain("of what was shown beforehand"))
    identity: Mapped[str | None] = mapped_column(
        info=secret(
            Category.REQUEST,
            why="to look for you afterwards and to tell you that it is done; then it goes",
            at_rest="encrypted",
            retention=Retention.REQUEST,
            erase=Erase.KEEP,
        )
    )
    steps: Mapped[dict[str, Any]] = mapped_column(
        Keyed(NAMES), info=plain("when, and how many rows")
    )
    kept: Mapped[list[dict[str, Any]]] = mapped_column(
        Keyed("place", "count", "why"), info=plain("what was not deleted")
    )

    @property
    def organizations(self) -> tuple[int, ...]:
        """Those that go with the person."""
        return tuple(int(id) for id, choice in self.choices.items() if choice == DELETE)

    @property
    def holder(self) -> Holder:
        return Holder(self.user_id, self.address, self.organizations)

    @property
    def address(self) -> str:
        return self.name_and_address["email"]

    @property
    def name_and_address(self) -> dict[str, str]:
        """Empty texts once the identity is gone."""
        if not self.identity:
            return {"email": "", "name": ""}
        known: dict[str, str] = vault.unseal(self.identity, bound_to=f"erasure:{self.code}")
        return known


@dataclass(frozen=True)
class Owned:
    """An organisation whose last owner the person is, and who could take it over."""

    organization: Organization
    others: Sequence[Membership]


@across_organizations("the organisations that a person owns")
def owned_alone(user: User) -> list[Owned]:
    """Organisations that would be without an owner."""
    mine = select(Membership).where(Membership.user_id == user.id, Membership.role == Role.OWNER)
    found = []
    for member in db.session.scalars(mine):
        in_it = select(Membership).where(
            Membership.organization_id == member.organization_id, Membership.user_id != user.id
        )
        others = db.session.scalars(in_it.order_by(Membership.id)).all()
        if not any(other.role == Role.OWNER for other in others):
            found.append(Owned(member.organization, others))
    return found


def settle(user: User, wished: dict[str, str]) -> dict[str, str]:
    """What becomes of each organisation that the person owns alone; one with nobody else in it
    goes. Raises Impossible."""
    settled = {}
    for owned in owned_alone(user):
        id = str(owned.organization.id)
        possible = {DELETE, LEAVE, *(str(other.id) for other in owned.others)}
        choice = wished.get(id, "") if owned.others else DELETE
        if choice not in possible:
            raise Impossible(f"Say what becomes of {owned.organization.name}.")
        settled[id] = choice
    return settled


def going(user: User, choices: dict[str, str]) -> Holder:
    """The person, with the organisations that go with them."""
    gone = tuple(int(id) for id, choice in choices.items() if choice == DELETE)
    return Holder(user.id, user.email, gone)


@across_organizations("those that go with the person are closed")
def begin(user: User, choices: dict[str, str], due_at: datetime, now: datetime) -> Erasure:
    """Ask for what the plan says at this moment."""
    plan = erasure_plan.hash_of(db.metadata, going(user, choices))
    return ask(user, choices, plan, due_at, now)


def ask(
    user: User, choices: dict[str, str], plan_hash: str, due_at: datetime, now: datetime
) -> Erasure:
    """Begin: every session ends, nothing more goes out in the person's name."""
    code = secrets.token_urlsafe(16)
    made = Erasure(user_id=user.id, code=code, state=COOLING, asked_at=now, due_at=due_at)
    made.choices, made.plan_hash, made.steps, made.kept = choices, plan_hash, {}, []
    known = {"email": user.email, "name": user.name}
    made.identity = vault.seal(known, bound_to=f"erasure:{code}")
    db.session.add(made)
    user.closing_at = due_at
    _close(made.organizations, due_at)
    sessions.revoke(user.id)
    db.session.flush()
    return made


@across_organizations("those that were to go stay")
def take_back(erasure: Erasure) -> bool:
    """While it is cooling; False when it has begun."""
    taken = (
        update(Erasure)
        .where(Erasure.id == erasure.id, Erasure.state == COOLING)
        .values(state=CANCELLED, identity=None)
        .returning(Erasure.id)
    )
    if db.session.scalar(taken) is None:
        return False
    db.session.get_one(User, erasure.user_id).closing_at = None
    _close(erasure.organizations, None)
    return True


def _close(organizations: Sequence[int], at: datetime | None) -> None:
    db.session.execute(
        update(Organization).where(Organization.id.in_(organizations)).values(closing_at=at)
    )


def open_of(user: User) -> Erasure | None:
    return db.session.scalar(
        select(Erasure).where(Erasure.user_id == user.id, Erasure.state.in_(OPEN))
    )


def organizations_going(person_id: int) -> tuple[int, ...]:
    """The organisations that go with a person who is being erased."""
    mine = select(Erasure).where(Erasure.user_id == person_id, Erasure.state.in_(OPEN))
    found = db.session.scalars(mine.order_by(Erasure.id.desc()).limit(1)).first()
    return found.organizations if found else ()


def by_code(code: str) -> Erasure | None:
    return db.session.scalar(select(Erasure).where(Erasure.code == code))


def waiting(now: datetime) -> list[int]:
    """Erasures that have work to do: the cooling time is over, a worker died, a recipient is to
    be asked again."""
    free = or_(Erasure.lease_until.is_(None), Erasure.lease_until <= now)
    to_ask = select(ErasureNotice.erasure_id).where(
        ErasureNotice.state == PENDING, ErasureNotice.next_at <= now
    )
    due = or_(
        and_(Erasure.state == COOLING, Erasure.due_at <= now),
        and_(Erasure.state == EXECUTING, free),
        and_(Erasure.state == AWAITING, free, Erasure.id.in_(to_ask)),
    )
    return list(db.session.scalars(select(Erasure.id).where(due).order_by(Erasure.due_at)))
