"""Pictures and a video as adapters are given them, with addresses where a network may fetch them."""

from app.networks import Picture, Video

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15"
    b"\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00"
    b"IEND\xaeB`\x82"
)
BASE = "https://allstac.example/media"


def picture(number: int, base: str = BASE) -> Picture:
    return Picture(PNG, "image/png", f"Picture {number}", 640, 480, f"{base}/{number}.png")


def video() -> Video:
    body = bytes(range(256)) * 40
    return Video(
        lambda start, length: body[start : start + length],
        len(body),
        "video/mp4",
        "A film",
        1280,
        720,
        3.0,
        f"{BASE}/film.mp4",
    )
