"""Runs alone in a limited child process: bytes of an untrusted picture in, clean picture out.

stdin: the file. argv: max bytes, max side (0: no limit), media types to choose from (none: all that
are written here). stdout: a JSON line, then the bytes."""

import io
import json
import resource
import sys

from PIL import Image, ImageOps

MEMORY = 1024 * 1024 * 1024
SECONDS = 10
PIXELS = 40_000_000
SIDE = 16_000  # what all three formats that we write can hold
QUICK = 4_000_000  # pixels from which on packing tighter costs more time than it is worth
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class Bad(Exception):
    pass


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def read(raw: bytes) -> tuple[Image.Image, str]:
    Image.MAX_IMAGE_PIXELS = PIXELS
    try:
        picture = Image.open(io.BytesIO(raw), formats=FORMATS)
        width, height = picture.size
        if width * height > PIXELS:
            raise Bad(f"It has {width * height / 1e6:.0f} megapixels; 40 is the most.")
        if max(width, height) > SIDE:
            raise Bad(f"A side of it has {max(width, height):,} pixels; {SIDE:,} is the most.")
        kind = picture.format or ""
        picture.load()
    except Bad:
        raise
    except Exception:
        raise Bad("This is not a JPEG, PNG, WebP or GIF picture that can be read.") from None
    ImageOps.exif_transpose(picture, in_place=True)
    return picture, kind


def clean(picture: Image.Image) -> Image.Image:
    """A new picture with the same pixels: nothing of the old file's metadata comes along."""
    alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    mode = "RGBA" if alpha else "RGB"
    bare = Image.new(mode, picture.size)
    bare.paste(picture if picture.mode == mode else picture.convert(mode))
    return bare


def write(picture: Image.Image, kind: str, quality: int) -> tuple[bytes, str]:
    out, tight = io.BytesIO(), picture.width * picture.height < QUICK
    if picture.mode == "RGBA" and kind != "JPEG":
        if kind == "WEBP":
            picture.save(out, "WEBP", quality=quality)
            return out.getvalue(), "image/webp"
        picture.save(out, "PNG", optimize=tight)
        return out.getvalue(), "image/png"
    if kind == "PNG":
        picture.save(out, "PNG", optimize=tight)
        return out.getvalue(), "image/png"
    picture.convert("RGB").save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue(), "image/jpeg"


def on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def convert(picture: Image.Image, kind: str, types: list[str]) -> tuple[Image.Image, str]:
    """What `write` makes a taken type of: JPEG, what was clear on white, where nothing else is."""
    is_clear = picture.mode == "RGBA"
    type = "image/jpeg" if kind == "JPEG" or (kind != "PNG" and not is_clear) else "image/png"
    if is_clear and kind == "WEBP":
        type = "image/webp"
    if not types or type in types:
        return picture, kind
    if is_clear and "image/png" in types:
        return picture, "PNG"
    return on_white(picture), "JPEG"


def fit(picture: Image.Image, kind: str, most: int, side: int) -> tuple[Image.Image, bytes, str]:
    """Smaller sides, then lower quality, until the bytes fit."""
    if max(picture.size) > side:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    body, type = write(picture, kind, 90)
    if len(body) <= most:
        return picture, body, type
    picture = on_white(picture)
    for quality in (85, 75, 65, 55):
        body, type = write(picture, "JPEG", quality)
        if len(body) <= most:
            return picture, body, type
    while max(picture.size) > 64:
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
        body, type = write(picture, "JPEG", 70)
        if len(body) <= most:
            return picture, body, type
    raise Bad("It can't be made small enough.")


def main() -> None:
    limit()
    answer: dict[str, str | int]
    raw, most, side = sys.stdin.buffer.read(), int(sys.argv[1]), int(sys.argv[2])
    try:
        picture, kind = read(raw)
        picture = clean(picture)
        picture, kind = convert(picture, kind, sys.argv[3:])
        if most:
            picture, body, type = fit(picture, kind, most, side)
        else:
            body, type = write(picture, kind, 90)
    except Bad as trouble:
        answer, body = {"error": str(trouble)}, b""
    else:
        answer = {"type": type, "width": picture.width, "height": picture.height}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
