"""Files that come back with a copy: pictures, known by decoding and by being no more than pixels."""

from hashlib import sha256

from app import storage
from app.media.bare import is_bare
from app.media.pictures import MOST, BadPicture, decode
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
    if copy.entries[name].file_size > MOST:
        raise BadCopy(name, "It is larger than 20 MB.")
    raw = b"".join(copy.pieces(name))
    found = {"size": len(raw), "sha256": sha256(raw).hexdigest()}
    if not copy.is_ours:
        found |= _look_at(name, raw, row)
    for word, value in found.items():
        if row.values.get(word, value) != value:
            raise BadCopy(name, f"Its {word} is not what {row.place} says.")


def _look_at(name: str, raw: bytes, row: Row) -> dict[str, int | str]:
    try:
        picture = decode(raw)
    except BadPicture as trouble:
        raise BadCopy(name, str(trouble)) from None
    if not is_bare(raw, row.values.get("type", "")):
        raise BadCopy(name, "It is not a picture as its row says, or holds more than the picture.")
    return {"width": picture.width, "height": picture.height}


def keep(copy: CopyFile, fate: Fate, row: Row) -> str:
    """The storage key of the file, now ours."""
    return storage.keep_pieces(copy.pieces(name_of(fate, row)), f"{fate.name}s")
