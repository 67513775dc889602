"""Files that come back with a copy, known by decoding: pictures that are no more than pixels, and
videos that writing anew does not change."""

from collections import Counter
from collections.abc import Iterable
from hashlib import file_digest, sha256
from tempfile import TemporaryFile
from typing import IO, Any

from app import storage
from app.account import allowances
from app.media.bare import is_bare
from app.media.child import BadMedia
from app.media.kinds import MP4, PICTURE, VIDEO
from app.media.models import Asset
from app.media.pictures import MOST, BadPicture, decode
from app.media.videos import most_bytes, remux
from app.privacy.copied_rows import Row
from app.privacy.copy_file import BadCopy, CopyFile
from app.privacy.fates import Fate
from app.privacy.packing import EXTENSIONS

GONE = "its file was gone when the copy was made"


def name_of(fate: Fate, row: Row) -> str:
    """As the copy names it; see `packing`."""
    return f"files/{fate.name}-{row.id}.{EXTENSIONS.get(row.values.get('type', ''), 'bin')}"


def lacks(copy: CopyFile, fate: Fate, row: Row) -> str:
    """Why the row can't come back, if so. Raises BadCopy when the copy does not own up to it."""
    if fate.file is None:
        return ""
    name = name_of(fate, row)
    if name in copy.entries:
        return ""
    if name not in copy.missing:
        raise BadCopy(row.place, f"Its file {name} is missing.")
    return GONE


def check(copy: CopyFile, fate: Fate, row: Row) -> None:
    """Is the file what the row says? One that this instance did not sign is decoded as an upload
    is, and taken only when it holds nothing besides the picture. Raises BadCopy."""
    if fate.file is None:
        return
    name = name_of(fate, row)
    is_video = row.values.get("type") == MP4
    if copy.entries[name].file_size > (most_bytes() if is_video else MOST):
        raise BadCopy(name, "It is larger than what may be uploaded.")
    look = _look_at_video if is_video else _look_at
    with TemporaryFile() as file:
        digest = sha256()
        for piece in copy.pieces(name):
            digest.update(piece)
            file.write(piece)
        found = {"size": file.tell(), "sha256": digest.hexdigest()}
        if not copy.is_ours:
            found |= look(name, file, row)
    for word, value in found.items():
        if row.values.get(word, value) != value:
            raise BadCopy(name, f"Its {word} is not what {row.place} says.")


def make_room(
    fate: Fate, rows: Iterable[tuple[int, Row]], coming: Counter[int], *, write: bool
) -> None:
    """Do the files of these rows, each with its organisation's id, fit into its plan? `coming`: bytes by
    organisation that come and are not written. Raises BadCopy."""
    if fate.name != Asset.__tablename__:
        return
    for home, row in rows:
        coming[home] += row.values.get("size", 0)
    for home, size in coming.items():
        if write:
            allowances.stand_in_line(home)
        if words := Asset.refuse(home, size):
            raise BadCopy(fate.name, words)


def _look_at(name: str, file: IO[bytes], row: Row) -> dict[str, Any]:
    file.seek(0)
    raw = file.read()
    try:
        picture = decode(raw)
    except BadPicture as trouble:
        raise BadCopy(name, str(trouble)) from None
    if not is_bare(raw, row.values.get("type", "")):
        raise BadCopy(name, "It is not a picture as its row says, or holds more than the picture.")
    return {"width": picture.width, "height": picture.height} | _kind(row, PICTURE, 0)


def _look_at_video(name: str, file: IO[bytes], row: Row) -> dict[str, Any]:
    try:
        with remux(file) as made, made.path.open("rb") as anew:
            found = file_digest(anew, "sha256").hexdigest()
            sides = {"width": made.width, "height": made.height}
            return {"sha256": found} | sides | _kind(row, VIDEO, made.seconds)
    except BadMedia as trouble:
        raise BadCopy(name, str(trouble)) from None


def _kind(row: Row, kind: str, seconds: float) -> dict[str, Any]:
    """For rows that say so; a picture of a wall does not."""
    said = {"kind": kind, "seconds": seconds}
    return {word: value for word, value in said.items() if word in row.values}


def keep(copy: CopyFile, fate: Fate, row: Row) -> str:
    """The storage key of the file, now ours."""
    return storage.keep_pieces(copy.pieces(name_of(fate, row)), f"{fate.name}s")
