"""Pictures that an organisation uploaded."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from app import coming_back, storage
from app.account.models import Membership
from app.datamap import Category, Erase, Subject, content, link, plain
from app.db import Model, db
from app.media.pictures import decode

TYPES = ("image/jpeg", "image/png", "image/webp")  # what the decoder writes


class Asset(Model):
    """One picture as decoded: upright, without metadata. Its first file name is not kept."""

    __tablename__ = "asset"
    __table_args__ = {"info": {"known_by": ("organization_id", "sha256")}}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    uploader_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.AUTHOR, erase=Erase.NULL)
    )
    type: Mapped[str] = mapped_column(info=plain(back=coming_back.one_of(*TYPES)))
    size: Mapped[int] = mapped_column(info=plain("bytes"))
    width: Mapped[int] = mapped_column(info=plain())
    height: Mapped[int] = mapped_column(info=plain())
    sha256: Mapped[str] = mapped_column(
        info=content(Category.MEDIA, why="to know the same picture again")
    )
    storage_key: Mapped[str] = mapped_column(
        info=content(Category.MEDIA, why="names the picture's file", names_file=True)
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())

    @classmethod
    def of(cls, member: Membership) -> Select["Asset"]:
        return select(cls).where(cls.organization_id == member.organization_id)

    @classmethod
    def upload(cls, member: Membership, raw: bytes, now: datetime) -> "Asset":
        """Decode and store a picture. Raises BadPicture with words for the person."""
        decoded = decode(raw)
        asset = cls(
            organization_id=member.organization_id,
            uploader_id=member.user_id,
            type=decoded.type,
            size=len(decoded.body),
            width=decoded.width,
            height=decoded.height,
            sha256=sha256(decoded.body).hexdigest(),
            storage_key=storage.keep(decoded.body, f"assets/{member.organization_id}"),
            created_at=now,
        )
        db.session.add(asset)
        db.session.flush()
        return asset
