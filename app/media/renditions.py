"""A picture or video as a network wants it. What was made once is kept, so that trying again does not
encode again; it goes with its asset, and after two days in which nobody wanted it (`sweeping`)."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app import clock, storage
from app.media import videos
from app.media.addresses import address
from app.media.kinds import MP4, type_of
from app.media.pictures import fit as fit_bytes
from app.media.pictures import sides
from app.networks import Limits, Picture, Video

ORIGINAL, POSTER = "original", "poster"
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Original:
    """An asset's facts, apart from its row: to be handed to a thread. Size in bytes, sides in pixels."""

    id: int
    organization_id: int
    storage_key: str
    type: str
    size: int
    width: int
    height: int
    seconds: float = 0

    @property
    def is_video(self) -> bool:
        return self.type == MP4


class Media(NamedTuple):
    """What a `Piece` is given."""

    pictures: tuple[Picture, ...] = ()
    video: Video | None = None


def fit(asset: Original, limits: Limits, alt: str = "", now: datetime | None = None) -> Picture:
    """The picture within these limits. Raises BadPicture, and FileNotFoundError when it is gone."""
    now = now or clock.now()
    name = ORIGINAL if _fits(asset, limits) else _name(limits)
    body = _kept(asset, name, now)
    if body is None:
        types = limits.image_types
        raw = storage.read(asset.storage_key)
        body = fit_bytes(raw, limits.image_bytes, limits.image_side, types).body
        keep(asset.storage_key, name, body)
    width, height = sides(body)
    url = address(asset.organization_id, asset.id, name, now)
    return Picture(body, type_of(body), alt, width, height, url)


def fit_all(held: Iterable[tuple[Original, str]], limits: Limits) -> Media:
    """Of one part of a thread, each with its alt text. Raises as `fit` and `video` do."""
    pictures, found = [], None
    for asset, alt in held:
        if asset.is_video:
            found = video(asset, alt)
        else:
            pictures.append(fit(asset, limits, alt))
    return Media(tuple(pictures), found)


def video(asset: Original, alt: str = "", now: datetime | None = None) -> Video:
    """The video as it is; a stretch of it is read when it is asked for. FileNotFoundError when gone."""
    url = address(asset.organization_id, asset.id, ORIGINAL, now or clock.now())

    def read(start: int, length: int) -> bytes:
        return b"".join(storage.read_pieces(asset.storage_key, start, length))

    size, sides = storage.size(asset.storage_key), (asset.width, asset.height)
    return Video(read, size, asset.type, alt, *sides, asset.seconds, url)


def poster(asset: Original) -> bytes:
    """The first picture of a video, as JPEG; made again where it came without one. Raises BadVideo."""
    body = _kept(asset, POSTER, clock.now())
    if body is None:
        with storage.open_file(asset.storage_key) as file:
            body = videos.poster(file)
        keep(asset.storage_key, POSTER, body)
    return body


def keep(of: str, name: str, body: bytes) -> None:
    storage.keep_at(f"{storage.derived(of)}/{name}", [body])


class Made(NamedTuple):
    """What was made of an asset and is kept just now: for what, in words, and its size in bytes."""

    words: str
    size: int


def made(asset: Original) -> list[Made]:
    """Smallest first."""
    found = []
    for key in storage.below(storage.derived(asset.storage_key)):
        name = key.rpartition("/")[2]
        with suppress(FileNotFoundError):  # swept meanwhile
            found.append(Made(_words(name), storage.size(key)))
    return sorted(found, key=lambda one: one.size)


def _words(name: str) -> str:
    if name == POSTER:
        return "Its first picture"
    *types, most, side = name.split("-")
    said = " or ".join(type.upper().replace("WEBP", "WebP") for type in types)
    return f"{said}, up to {int(most) / 1_000_000:.3g} MB and {side} px"


def key_of(asset_key: str, name: str) -> str:
    """Where a rendition of that name is kept."""
    return asset_key if name == ORIGINAL else f"{storage.derived(asset_key)}/{name}"


def _fits(asset: Original, limits: Limits) -> bool:
    is_small = asset.size <= limits.image_bytes and asset.type in limits.image_types
    return is_small and max(asset.width, asset.height) <= limits.image_side


def _name(limits: Limits) -> str:
    """Two networks with the same limits share what is made."""
    types = "-".join(type.removeprefix("image/") for type in sorted(limits.image_types))
    return f"{types}-{limits.image_bytes}-{limits.image_side}"


def _kept(asset: Original, name: str, now: datetime) -> bytes | None:
    key = key_of(asset.storage_key, name)
    if name == ORIGINAL:
        return storage.read(key)
    return storage.read(key) if storage.use(key, now) else None
