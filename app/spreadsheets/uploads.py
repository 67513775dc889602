"""Spreadsheets that people upload: kept sealed from the first look until their posts are written, for 24
hours at most."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import Membership
from app.coming_back import text as text_of
from app.datamap import Category, Retention, Subject, link, plain
from app.db import Model, db
from app.privacy import sealed_file

GOOD_FOR = timedelta(hours=24)
MOST_OPEN = 10


class TooMany(Exception):
    """More spreadsheets wait than one person may have; the text says so."""


class Spreadsheet(Model):
    """One upload. The file goes when its posts are written; the row is then what makes a second
    confirmation harmless, until it goes too."""

    __tablename__ = "spreadsheet"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.MEMBER)
    )
    nonce: Mapped[str] = mapped_column(info=plain("each row makes one post", back=text_of(64)))
    uploaded_at: Mapped[datetime] = mapped_column(info=plain())
    expires_at: Mapped[datetime] = mapped_column(index=True, info=plain("when file and row go"))
    rows: Mapped[int] = mapped_column(info=plain("how many it holds"))
    posts: Mapped[int | None] = mapped_column(info=plain("written from it; empty before that"))
    storage_key: Mapped[str | None] = mapped_column(
        info=sealed_file.name_mark(
            Category.TEXT,
            Retention.IMPORT,
            why="names the sealed file that holds the spreadsheet until its posts are written",
        )
    )
    sealed_key: Mapped[str | None] = mapped_column(info=sealed_file.key_mark(Retention.IMPORT))

    @classmethod
    def of(cls, member: Membership, now: datetime) -> Select["Spreadsheet"]:
        """A person's own in this organisation, the newest first."""
        own = cls.organization_id == member.organization_id, cls.user_id == member.user_id
        return select(cls).where(*own, cls.expires_at > now).order_by(cls.id.desc())


def receive(member: Membership, raw: bytes, rows: int, now: datetime) -> Spreadsheet:
    """Keep an upload, sealed. Raises TooMany."""
    waiting = Spreadsheet.of(member, now).where(Spreadsheet.posts.is_(None)).subquery()
    if (db.session.scalar(select(func.count()).select_from(waiting)) or 0) >= MOST_OPEN:
        raise TooMany(f"{MOST_OPEN} spreadsheets wait here. Bring one in or take one away first.")
    made = Spreadsheet(
        organization_id=member.organization_id,
        user_id=member.user_id,
        nonce=secrets.token_hex(16),
        uploaded_at=now,
        expires_at=now + GOOD_FOR,
        rows=rows,
    )
    db.session.add(made)
    db.session.flush()
    made.storage_key, key = sealed_file.keep([raw], "spreadsheets")
    made.sealed_key = sealed_file.lock_up(key, bound_to=_bound(made.id))
    return made


def find(member: Membership, id: int, now: datetime, *, lock: bool = False) -> Spreadsheet | None:
    """`lock`: until the commit nobody else decides about it."""
    chosen = Spreadsheet.of(member, now).where(Spreadsheet.id == id)
    return db.session.scalar(chosen.with_for_update() if lock else chosen)


def raw_of(sheet: Spreadsheet) -> bytes:
    """Raises FileNotFoundError or sealed_file.Damaged."""
    assert sheet.storage_key and sheet.sealed_key
    pieces = sealed_file.open_kept(sheet.storage_key, sheet.sealed_key, bound_to=_bound(sheet.id))
    return b"".join(pieces)


def finish(sheet: Spreadsheet, posts: int) -> str | None:
    """Its posts are written: the key of the file that goes after the commit."""
    file, sheet.posts = sheet.storage_key, posts
    sheet.storage_key = sheet.sealed_key = None
    return file


def _bound(id: int) -> str:
    return f"spreadsheet:{id}"
