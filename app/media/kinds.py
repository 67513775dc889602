"""What a file is by its first bytes, never by its name."""

from typing import IO

MP4 = "video/mp4"
PICTURE, VIDEO = "picture", "video"
HEAD = 16  # bytes that are looked at
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # that an MP4 or MOV begins with
SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"))


def is_video(head: bytes) -> bool:
    """Does it begin with a box of ISO/IEC 14496-12 or QuickTime?"""
    return head[4:8] in BOXES


def type_of(head: bytes) -> str:
    """The media type of a file that we wrote; '' for any other."""
    if is_video(head):
        return MP4
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((type for start, type in SIGNATURES if head.startswith(start)), "")


def head_of(file: IO[bytes]) -> bytes:
    """The first bytes; the file stands at its beginning afterwards."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return head
