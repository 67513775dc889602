"""Videos: known by their bytes, written anew in a limited child, without what cameras write into
them, and refused in words."""

import io
from collections.abc import Iterator
from functools import cache

import av
import pytest
from flask import Flask
from PIL import Image

from app.media.videos import BadVideo, Remuxed, remux
from tests.media.clips import CAMERA, NOTED, PLACE, SPOKEN, boxes, claim, clip, words_in

DATABASES = ("sqlite",)


@pytest.fixture(autouse=True)
def _settings(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def written(raw: bytes) -> tuple[Remuxed, bytes]:
    with remux(io.BytesIO(raw)) as made:
        return made, made.path.read_bytes()


@pytest.mark.parametrize("fmt", ["mp4", "mov"])
def test_pictures_and_sound_stay_as_they_are(fmt: str) -> None:
    made, body = written(clip(fmt=fmt, size=(128, 72)))
    assert (made.width, made.height, made.seconds) == (128, 72, 1.0)
    assert not made.path.exists()
    with av.open(io.BytesIO(body)) as file:
        assert [one.codec_context.name for one in file.streams] == ["h264", "aac"]
        assert sum(1 for _ in file.decode(video=0)) == 10
    kinds = [kind for kind, _, _ in boxes(body)]
    assert kinds.index(b"moov") < kinds.index(b"mdat"), "it plays before it is whole"
    with Image.open(io.BytesIO(made.poster)) as poster:
        assert (poster.format, poster.size) == ("JPEG", (128, 72))


@pytest.mark.parametrize("fmt", ["mp4", "mov"])
def test_where_when_and_with_what_it_was_taken_is_not_kept(fmt: str) -> None:
    raw = clip(fmt=fmt, noted=NOTED, speaks=True)
    for canary in (PLACE.encode(), CAMERA.encode(), SPOKEN):
        assert canary in raw
    made, body = written(raw)
    for canary in (b"52.52", b"CANARY", b"x264", SPOKEN):
        assert canary not in body
        assert canary not in made.poster
    with av.open(io.BytesIO(body)) as file:
        assert set(file.metadata) == {"major_brand", "minor_version", "compatible_brands"}
    assert set(words_in(body)) <= {b" ftypisom", b"isomiso2avc1mp41", b"mdirappl", b"Lavc62.28.102"}
    dates = [body[at + 12 : at + 20] for kind, at, _ in boxes(body) if kind in DATED]
    assert dates and set(dates) == {bytes(8)}


DATED = (b"mvhd", b"tkhd", b"mdhd")  # versions of 0: made and changed, 4 bytes each


def test_the_same_video_is_the_same_file_whatever_stood_around_it() -> None:
    plain = written(clip())[1]
    assert written(plain)[1] == plain
    assert written(clip(fmt="mov", noted=NOTED, speaks=True))[1] == plain


@pytest.mark.parametrize(("turn", "sides"), [(90, (48, 64)), (180, (64, 48)), (-90, (48, 64))])
def test_a_video_that_was_filmed_turned_stays_turned(turn: int, sides: tuple[int, int]) -> None:
    made, body = written(clip(turn=turn, fmt="mov"))
    assert (made.width, made.height) == sides
    with av.open(io.BytesIO(body)) as file:
        assert next(file.decode(video=0)).rotation % 360 == turn % 360
    with Image.open(io.BytesIO(made.poster)) as poster:
        assert poster.size == sides


def test_one_without_sound_is_taken() -> None:
    with av.open(io.BytesIO(written(clip(sound=""))[1])) as file:
        assert [one.type for one in file.streams] == ["video"]


def test_one_that_was_recorded_in_fragments_is_put_together() -> None:
    _, body = written(clip(movflags="frag_keyframe+empty_moov"))
    assert b"moof" not in [kind for kind, _, _ in boxes(body)]


@cache
def whole() -> bytes:
    return clip()


READY = "networks take"
REFUSED = {
    "nothing": (lambda: b"", "can be read"),
    "HTML behind a head": (lambda: b"\x00\x00\x00\x18ftypmp42" + b"<script>" * 400, "can be read"),
    "boxes alone": (
        lambda: b"\x00\x00\x00\x10ftypisom\x00\x00\x02\x00" + b"\x00\x00\x00\x08moov",
        "can be read",
    ),
    "its first half": (lambda: whole()[: len(whole()) // 2], "ends too early"),
    "all but its end": (lambda: whole()[:-40], "ends too early"),
    "fragments without the last": (
        lambda: clip(40, movflags="frag_keyframe+empty_moov", g="10")[:-400],
        "ends too early",
    ),
    "HEVC": (lambda: clip(codec="libx265"), f"as hevc; {READY} H.264"),
    "MPEG-4 part 2": (lambda: clip(codec="mpeg4"), f"as mpeg4; {READY} H.264"),
    "AC-3": (lambda: clip(sound="ac3"), f"as ac3; {READY} AAC"),
    "sound that is not packed": (lambda: clip(fmt="mov", sound="pcm_s16le"), f"{READY} AAC"),
    "ten bits": (lambda: clip(pix_fmt="yuv420p10le"), f"{READY} 8 bits"),
    "half the colours": (lambda: clip(pix_fmt="yuv422p"), f"{READY} 8 bits"),
    "too long": (lambda: clip(620, rate=1, sound=""), "longer than 10 minutes"),
    "a claim of 2 billion pictures": (
        lambda: claim(whole(), b"stts", 8, ">I", 2**31 - 1),
        "ends too early",
    ),
    "a claim of 2 billion sizes": (
        lambda: claim(whole(), b"stsz", 8, ">I", 2**31 - 1),
        "can be read",
    ),
    "large sides": (lambda: clip(2, (4608, 64), sound=""), "4,608 by 64 pixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_is_refused_in_words(name: str) -> None:
    make, words = REFUSED[name]
    with pytest.raises(BadVideo, match=words):
        written(make())


def test_one_that_is_too_large_is_not_even_opened(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.config["SETTINGS"], "video_megabytes", 1)
    monkeypatch.setattr("app.media.child._run", pytest.fail)
    with pytest.raises(BadVideo, match="larger than 1 MB"):
        written(whole() + bytes(1024 * 1024))


def test_the_lengths_that_a_file_claims_are_not_believed() -> None:
    raw = claim(whole(), b"mvhd", 16, ">I", 2**32 - 1)
    assert written(raw)[0].seconds == 1.0
