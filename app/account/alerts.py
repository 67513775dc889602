"""What people are told about their account, and operators about the instance: once per window."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import User
from app.account.visits import Visit
from app.datamap import (
    Basis,
    Category,
    Purpose,
    Retention,
    Subject,
    link,
    personal,
    plain,
)
from app.db import Model, db, inserting, table


@dataclass(frozen=True)
class Kind:
    """`words` for people, `mail` the letter; operators see some kinds on a page of theirs."""

    words: str
    mail: str = "sign_in_changed"
    is_for_operator: bool = False


KINDS = {
    "new_device": Kind(
        "A sign-in from a device or network that we had not seen before", "new_device"
    ),
    "app_added": Kind("An authenticator app was set up"),
    "app_removed": Kind("The authenticator app was removed"),
    "passkey_added": Kind("A passkey was added"),
    "passkey_removed": Kind("A passkey was removed"),
    "codes_made": Kind("New recovery codes were made; the earlier ones are dead"),
    "code_used": Kind("A recovery code was used to sign in"),
    "factors_released": Kind("The operator took your second factors away, because they were lost"),
    "password_changed": Kind("The password was changed"),
    "password_removed": Kind("The password was removed: passkeys are the only way in"),
    "guessing": Kind("Many failed sign-ins with this address", "unusual", True),
    "factor_guessing": Kind(
        "Many wrong codes after the right password: somebody else may know it", "unusual", True
    ),
    "takeover": Kind(
        "A sign-in from a new device, and soon after it a second factor was removed",
        "unusual",
        True,
    ),
    "exports": Kind("More copies of data were made in a day than is usual", "unusual", True),
    "spraying": Kind(
        "Failed sign-ins with many addresses from one network", "unusual_operators", True
    ),
}
FOR_OPERATOR = [name for name, kind in KINDS.items() if kind.is_for_operator]
REMOVALS = ("app_removed", "passkey_removed", "password_removed")


class Alert(Model):
    """One thing that was told. `once_per` is unique, so that it is told once."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    kind: Mapped[str] = mapped_column(info=plain("a key of KINDS"))
    once_per: Mapped[str] = mapped_column(
        unique=True,
        info=plain("kind, and a keyed hash of what it is about and when, or a random number"),
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    device: Mapped[str | None] = mapped_column(
        info=personal(
            Category.DEVICE_AGENT,
            why="so that you can tell whether it was you",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.ADDRESS,
        )
    )
    network: Mapped[str | None] = mapped_column(
        info=personal(
            Category.DEVICE_NETWORK,
            why="the network (not the address) that it came from, to tell whether it was you",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.ADDRESS,
        )
    )
    created_at: Mapped[datetime] = mapped_column(index=True, info=plain())
    mailed_at: Mapped[datetime | None] = mapped_column(info=plain())

    @property
    def meaning(self) -> Kind:
        return KINDS[self.kind]

    def addressees(self) -> Sequence[User]:
        whom = User.is_operator if self.user_id is None else User.id == self.user_id
        return db.session.scalars(select(User).where(whom)).all()

    def facts(self, person: User) -> dict[str, str]:
        """What the letter says, with the time in the person's zone."""
        return {
            "name": person.name,
            "what": self.meaning.words,
            "device": self.device or "",
            "network": self.network or "",
            "when": f"{self.created_at.astimezone(person.zone):%d %B %Y, %H:%M} ({person.timezone})",
        }


rows = table(Alert)


def tell(
    kind: str, about: str, where: Visit, now: datetime, *, user: User | None = None
) -> int | None:
    """Note what is to be told; the alert's id, or None when this window's was told already."""
    values = {
        "kind": kind,
        "once_per": f"{kind} {about}",
        "user_id": user.id if user else None,
        "device": where.device,
        "network": where.network,
        "created_at": now,
    }
    once = inserting(rows).values(values).on_conflict_do_nothing(index_elements=["once_per"])
    id: int | None = db.session.execute(once.returning(rows.c.id)).scalar_one_or_none()
    return id


def tell_now(kind: str, user: User, where: Visit, now: datetime) -> int | None:
    """What happens rarely and is told each time."""
    return tell(kind, secrets.token_hex(16), where, now, user=user)


def about_person(user: User, since: datetime) -> Sequence[Alert]:
    """What a person was told, newest first."""
    chosen = select(Alert).where(Alert.user_id == user.id, Alert.created_at >= since)
    return db.session.scalars(chosen.order_by(Alert.created_at.desc(), Alert.id.desc())).all()


def for_operators(most: int) -> Sequence[Alert]:
    """What operators look at, newest first."""
    chosen = select(Alert).where(Alert.kind.in_(FOR_OPERATOR))
    return db.session.scalars(
        chosen.order_by(Alert.created_at.desc(), Alert.id.desc()).limit(most)
    ).all()


def was_told(user: User, kinds: Sequence[str], since: datetime) -> bool:
    """Was this person told of such a thing since then?"""
    told = exists().where(
        rows.c.user_id == user.id, rows.c.kind.in_(kinds), rows.c.created_at >= since
    )
    return bool(db.session.scalar(select(told)))
