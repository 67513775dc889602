"""Pictures: known by decoding in a limited child, clean of metadata, made to fit a network."""

import io
import struct
import zlib

import pytest
from PIL import Image

from app.media.pictures import MOST, BadPicture, decode, fit


def encoded(
    kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "green" if mode != "RGBA" else (0, 128, 0, 100)).save(out, kind, **more)
    return out.getvalue()


def noise(side: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def png(width: int, height: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def located() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "52.5200 N 13.4050 E"
    exif[0x0112] = 6  # to be turned by 90 degrees
    return encoded("JPEG", exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_four_kinds_are_read(kind: str) -> None:
    found = decode(encoded(kind))
    assert (found.width, found.height) == (60, 40)
    assert found.type in ("image/jpeg", "image/png", "image/webp")
    assert Image.open(io.BytesIO(found.body)).size == (60, 40)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16", "CMYK"])
def test_every_mode_of_pixels_is_read(mode: str) -> None:
    out = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.new(mode, (9, 7)).save(out, kind)
    assert decode(out.getvalue()).width == 9


def test_where_and_how_a_picture_was_taken_is_not_kept_and_it_stands_upright() -> None:
    raw = located()
    assert b"52.5200" in raw
    found = decode(raw)
    assert b"52.5200" not in found.body
    assert (found.width, found.height) == (40, 60)
    assert dict(Image.open(io.BytesIO(found.body)).getexif()) == {}


def test_transparency_stays() -> None:
    found = Image.open(io.BytesIO(decode(encoded("PNG", mode="RGBA")).body))
    assert found.getpixel((0, 0)) == (0, 128, 0, 100)


HOSTILE = {
    "nothing": b"",
    "text": b"hello",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04" + b"\x00" * 100,
    "elf": b"\x7fELF" + b"\x00" * 100,
    "half a JPEG": encoded("JPEG", (900, 900))[:700],
    "half a PNG": encoded("PNG", (900, 900))[:60],
    "a PNG with a broken sum": encoded("PNG")[:-20] + b"\x00" * 20,
    "a head alone": b"\xff\xd8\xff\xe0",
    "a TIFF": encoded("TIFF"),
    "a BMP": encoded("BMP"),
    "an ICO": encoded("ICO", (32, 32)),
    "a PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "50,000 x 50,000 pixels in a small file": png(50_000, 50_000, b"\x00" * 1000),
    "a bomb of rows": png(6000, 6000, b""),
    "no sides": png(0, 0, b""),
    "too many bytes": b"\xff\xd8\xff" + b"\x00" * MOST,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(BadPicture) as refused:
        decode(HOSTILE[name])
    assert str(refused.value).endswith((".", "most."))


def test_41_megapixels_of_one_colour_are_refused_before_they_are_unpacked() -> None:
    rows = (b"\x00" + b"\x00\x80\x00" * 8200) * 5000
    with pytest.raises(BadPicture, match="41 megapixels; 40 is the most"):
        decode(png(8200, 5000, rows))


def test_a_gif_with_many_frames_is_its_first() -> None:
    frames = [Image.new("P", (30, 30), n) for n in range(50)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert decode(out.getvalue()).width == 30


def test_what_fits_is_not_touched() -> None:
    clean = decode(encoded("JPEG")).body
    assert fit(clean, 1_000_000, 2000).body is clean


@pytest.mark.parametrize(("most", "side"), [(1_000_000, 2000), (100_000, 2000), (20_000, 500)])
def test_what_is_too_large_is_made_to_fit(most: int, side: int) -> None:
    found = fit(decode(noise(900)).body, most, side)
    assert len(found.body) <= most
    assert max(found.width, found.height) <= side
    assert found.width == found.height


def test_what_can_not_be_made_small_enough_says_so() -> None:
    with pytest.raises(BadPicture, match="can't be made small enough"):
        fit(decode(noise(300)).body, 100, 2000)
