"""One-time codes of an authenticator app (TOTP, RFC 6238): six digits, a new code each 30 s."""

from datetime import datetime
from typing import Any

import pyotp
import segno
from sqlalchemy import CursorResult, ForeignKey, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import vault
from app.account.models import User
from app.datamap import Category, Subject, link, plain, secret
from app.db import Model, db, table

DRIFT = 1  # steps that a clock may be off, either way


class Authenticator(Model):
    """What a person's app and we both know. It counts once a right code has confirmed it."""

    __tablename__ = "authenticator"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), unique=True, info=link(Subject.OWNER)
    )
    sealed: Mapped[str] = mapped_column(
        info=secret(
            Category.SECRET, why="to know which code your app shows now", at_rest="encrypted"
        )
    )
    last_step: Mapped[int | None] = mapped_column(
        info=plain("the 30 s that the last code was of; no code counts twice")
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    confirmed_at: Mapped[datetime | None] = mapped_column(info=plain())

    @property
    def secret(self) -> str:
        """Base32, as it is typed into an app."""
        found: str = vault.unseal(self.sealed, bound_to=_row(self.user_id))
        return found

    @property
    def spaced(self) -> str:
        text = self.secret
        return " ".join(text[place : place + 4] for place in range(0, len(text), 4))

    def uri(self, name: str, instance: str) -> str:
        """What the QR code says (Key Uri Format)."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=name, issuer_name=instance)

    def accepts(self, code: str, now: datetime) -> bool:
        """Is this the code of now, give or take a step, and not used yet? Uses it up."""
        step = _step_of(self.secret, code, now)
        if step is None:
            return False
        unused = or_(rows.c.last_step.is_(None), rows.c.last_step < step)
        spend = update(rows).where(rows.c.id == self.id, unused).values(last_step=step)
        spent: CursorResult[Any] = db.session.execute(spend)  # type: ignore[assignment]
        return bool(spent.rowcount)


rows = table(Authenticator)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is; all are compared, so that the time tells nothing."""
    app = pyotp.TOTP(secret)
    present, typed = app.timecode(now), "".join(code.split())
    steps = range(present - DRIFT, present + DRIFT + 1)
    right = [step for step in steps if pyotp.utils.strings_equal(app.generate_otp(step), typed)]
    return right[-1] if right else None


def _row(user_id: int) -> str:
    return f"authenticator:{user_id}"


def begin(user: User, now: datetime) -> Authenticator:
    """A new secret, to be confirmed; one that was confirmed before is taken off by hand first."""
    forget(user)
    made = Authenticator(
        user_id=user.id,
        sealed=vault.seal(pyotp.random_base32(), bound_to=_row(user.id)),
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


def find(user: User) -> Authenticator | None:
    return db.session.scalar(select(Authenticator).where(Authenticator.user_id == user.id))


def confirmed(user: User) -> Authenticator | None:
    found = find(user)
    return found if found and found.confirmed_at else None


def forget(user: User) -> bool:
    gone: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        delete(Authenticator).where(Authenticator.user_id == user.id)
    )
    return bool(gone.rowcount)


def reseal_all() -> int:
    """Seal every secret anew under the first key; how many there were."""
    found = db.session.scalars(select(Authenticator).with_for_update()).all()
    for one in found:
        one.sealed = vault.reseal(one.sealed)
    return len(found)


def picture(uri: str) -> str:
    """The QR code as a data URI of an SVG; black on white in the dark too, for cameras."""
    return segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=3, light="#fff")
