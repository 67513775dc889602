"""Pictures and videos that an organisation uploaded."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from io import SEEK_END
from pathlib import Path
from typing import IO, Any

from sqlalchemy import ForeignKey, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app import coming_back, storage
from app.account import allowances
from app.account.models import Membership
from app.coming_back import text as text_of
from app.datamap import Category, Erase, Subject, content, link, plain
from app.db import Model, db
from app.media import pictures, videos
from app.media.child import BadMedia
from app.media.kinds import MP4, PICTURE, VIDEO, head_of, is_video
from app.media.renditions import POSTER, Original, keep

KINDS = (PICTURE, VIDEO)
MOST_ALT, MOST_LABELS = 2000, 500  # characters


class Asset(Model):
    """One picture or video as written by us: without metadata. Its first file name is not kept.
    Sides are in pixels, upright; `seconds` is 0 for a picture. `labels` are names with commas
    between; `deleted_at` says since when it is in the trash."""

    __tablename__ = "asset"
    __table_args__ = {"info": {"known_by": ("organization_id", "sha256")}}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    uploader_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.AUTHOR, erase=Erase.NULL)
    )
    kind: Mapped[str] = mapped_column(
        server_default=PICTURE, info=plain("picture | video", back=coming_back.one_of(*KINDS))
    )
    type: Mapped[str] = mapped_column(info=plain(back=coming_back.one_of(*pictures.TYPES, MP4)))
    size: Mapped[int] = mapped_column(info=plain("bytes"))
    width: Mapped[int] = mapped_column(info=plain())
    height: Mapped[int] = mapped_column(info=plain())
    seconds: Mapped[float] = mapped_column(
        server_default="0", info=plain(back=coming_back.from_to(0, videos.LONGEST + 1))
    )
    sha256: Mapped[str] = mapped_column(
        info=content(Category.MEDIA, why="to know the same picture or video again")
    )
    storage_key: Mapped[str] = mapped_column(
        info=content(Category.MEDIA, why="names its file", names_file=True)
    )
    created_at: Mapped[datetime] = mapped_column(info=plain())
    alt: Mapped[str] = mapped_column(
        default="",
        server_default="",
        info=content(
            Category.TEXT, why="says what it shows, to be offered again", back=text_of(MOST_ALT)
        ),
    )
    labels: Mapped[str] = mapped_column(
        default="",
        server_default="",
        info=content(Category.WORKFLOW, why="to find it by", back=text_of(MOST_LABELS)),
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        index=True, info=plain("since when it is in the trash")
    )

    @classmethod
    def of(cls, member: Membership) -> Select["Asset"]:
        return select(cls).where(cls.organization_id == member.organization_id)

    @classmethod
    def usable(cls, member: Membership) -> Select["Asset"]:
        """Those that are not in the trash."""
        return cls.of(member).where(cls.deleted_at.is_(None))

    @property
    def is_video(self) -> bool:
        return self.kind == VIDEO

    @property
    def original(self) -> Original:
        """What renditions are made from; it knows no database."""
        return Original(*(getattr(self, name) for name in Original.__dataclass_fields__))

    @classmethod
    def take(cls, member: Membership, file: IO[bytes], now: datetime) -> "Asset":
        """Keep what was uploaded, whichever it is. Raises BadMedia with words for the person."""
        cls.make_room(member, file)
        if is_video(head_of(file)):
            return cls.upload_video(member, file, now)
        return cls.upload(member, file.read(pictures.MOST + 1), now)

    @classmethod
    def make_room(cls, member: Membership, file: IO[bytes]) -> None:
        """Is there room for a file of that size? Told before it is looked at. Raises BadMedia."""
        size = file.seek(0, SEEK_END)
        file.seek(0)
        if words := cls.refuse(member.organization_id, size):
            raise BadMedia(words)

    @classmethod
    def refuse(cls, organization_id: int, size: int) -> str:
        """Why so many more bytes don't fit; empty when they do."""
        wanted = -(-(cls.bytes_of(organization_id) + size) // allowances.MEGABYTE)
        return allowances.refuse(organization_id, "storage", wanted)

    @classmethod
    def bytes_of(cls, organization_id: int) -> int:
        """How much an organisation keeps here."""
        kept = select(func.sum(cls.size)).where(cls.organization_id == organization_id)
        return int(db.session.scalar(kept) or 0)

    @classmethod
    def upload(cls, member: Membership, raw: bytes, now: datetime) -> "Asset":
        """Decode and store a picture. Raises BadPicture."""
        decoded = pictures.decode(raw)
        asset = cls(
            kind=PICTURE,
            type=decoded.type,
            size=len(decoded.body),
            width=decoded.width,
            height=decoded.height,
            seconds=0,
            sha256=sha256(decoded.body).hexdigest(),
            storage_key=storage.keep(decoded.body, f"assets/{member.organization_id}"),
        )
        return asset._added(member, now)

    @classmethod
    def upload_video(cls, member: Membership, file: IO[bytes], now: datetime) -> "Asset":
        """Write a video anew and store it with its poster. Raises BadVideo."""
        with videos.remux(file) as made:
            digest, folder = sha256(), f"assets/{member.organization_id}"
            key = storage.keep_pieces(_pieces(made.path, digest), folder)
            asset = cls(
                kind=VIDEO,
                type=MP4,
                size=made.path.stat().st_size,
                width=made.width,
                height=made.height,
                seconds=made.seconds,
                sha256=digest.hexdigest(),
                storage_key=key,
            )
        keep(key, POSTER, made.poster)
        return asset._added(member, now)

    def _added(self, member: Membership, now: datetime) -> "Asset":
        """Asked again, one after the other: others may have taken the room meanwhile. Raises BadMedia."""
        allowances.stand_in_line(member.organization_id)
        if words := self.refuse(member.organization_id, self.size):
            storage.discard(self.storage_key)
            raise BadMedia(words)
        self.organization_id, self.uploader_id = member.organization_id, member.user_id
        self.created_at = now
        db.session.add(self)
        db.session.flush()
        return self


def _pieces(path: Path, digest: Any) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(storage.PIECE):
            digest.update(piece)
            yield piece
