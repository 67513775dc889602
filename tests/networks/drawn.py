"""Pictures and videos that tests hand to adapters."""

import io

from PIL import Image

from app.networks import Picture, Video


def picture(alt: str = "", side: int = 8) -> Picture:
    """A PNG that a real server can read."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return Picture(out.getvalue(), "image/png", alt, side, side)


def video(alt: str = "") -> Video:
    """What begins as an MP4 does (ISO/IEC 14496-12 4.3)."""
    body = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 200
    return Video(lambda start, n: body[start : start + n], len(body), "video/mp4", alt, 8, 6, 1.0)


def as_file(drawn: Picture) -> io.BytesIO:
    """As a form sends it."""
    return io.BytesIO(drawn.body)
