"""Recovery codes: for the day on which phone and keys are lost. Shown once, each good once."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, ForeignKey, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.account.hashing import stretch
from app.account.models import User
from app.datamap import Category, Subject, link, plain, secret
from app.db import Model, db, table

COUNT = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
LENGTH = 12  # 59 bits; ASVS 6.5.2 wants a slow hash below 112


class RecoveryCode(Model):
    """One of a person's codes; the codes of a set share the salt, so that one hash finds one."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    salt: Mapped[str] = mapped_column(info=plain("random, of the set; hexadecimal"))
    code_hash: Mapped[str] = mapped_column(
        info=secret(Category.SECRET, why="to recognise your recovery code", at_rest="hashed")
    )
    used_at: Mapped[datetime | None] = mapped_column(info=plain())


rows = table(RecoveryCode)


def issue(user: User) -> list[str]:
    """Ten new codes in plain text, once; the earlier ones are dead."""
    forget(user)
    salt, codes = secrets.token_bytes(16), [_random() for _ in range(COUNT)]
    db.session.add_all(
        RecoveryCode(user_id=user.id, salt=salt.hex(), code_hash=stretch(code, salt))
        for code in codes
    )
    return [_grouped(code) for code in codes]


def spend(user: User, typed: str, now: datetime) -> bool:
    """Use up the code that was typed; False when it is none of the person's, or used."""
    salt = db.session.scalar(select(rows.c.salt).where(rows.c.user_id == user.id).limit(1))
    code = "".join(character for character in typed.lower() if character.isalnum())
    if salt is None or len(code) != LENGTH:
        return False
    free = update(rows).where(
        rows.c.user_id == user.id,
        rows.c.code_hash == stretch(code, bytes.fromhex(salt)),
        rows.c.used_at.is_(None),
    )
    spent: CursorResult[Any] = db.session.execute(free.values(used_at=now))  # type: ignore[assignment]
    return bool(spent.rowcount)


def left(user: User) -> int:
    unused = select(func.count()).where(rows.c.user_id == user.id, rows.c.used_at.is_(None))
    return db.session.scalar(unused) or 0


def forget(user: User) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _random() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def _grouped(code: str) -> str:
    return "-".join(code[place : place + 4] for place in range(0, LENGTH, 4))
