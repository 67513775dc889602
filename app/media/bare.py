"""Is a picture's file nothing but the picture, in the way that our own decoder writes it? No metadata,
nothing before or behind it that another program could read as something else."""

from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
PNG_PARTS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
WEBP_PARTS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
JPEG_PARTS = {0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xDA, 0xE0}
SCAN, END, FILLED = 0xDA, 0xD9, {0x00, *range(0xD0, 0xD8)}


class _Other(Exception):
    """The bytes are not laid out as such a file is."""


def is_bare(raw: bytes, type: str) -> bool:
    """`type` is a media type; False for one that we don't write."""
    parts = {"image/png": _png, "image/webp": _webp, "image/jpeg": _jpeg}.get(type)
    try:
        return parts is not None and all(parts(raw))
    except (_Other, IndexError):
        return False


def _png(raw: bytes) -> Iterator[bool]:
    yield raw.startswith(PNG)
    at, kind = len(PNG), b""
    while at < len(raw):
        length, kind = int.from_bytes(raw[at : at + 4], "big"), raw[at + 4 : at + 8]
        yield kind in PNG_PARTS
        at += 12 + length
        if kind == b"IEND":
            break
    yield kind == b"IEND" and at == len(raw)


def _webp(raw: bytes) -> Iterator[bool]:
    yield raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"
    yield int.from_bytes(raw[4:8], "little") == len(raw) - 8
    at = 12
    while at < len(raw):
        yield raw[at : at + 4] in WEBP_PARTS
        length = int.from_bytes(raw[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    yield at == len(raw)


def _jpeg(raw: bytes) -> Iterator[bool]:
    yield raw.startswith(b"\xff\xd8")
    at = 2
    while raw[at + 1] != END:
        yield raw[at] == 0xFF and raw[at + 1] in JPEG_PARTS
        is_scan = raw[at + 1] == SCAN
        length = int.from_bytes(raw[at + 2 : at + 4], "big")
        if raw[at + 1] == 0xE0:
            yield length == 16 and raw[at + 4 : at + 9] == b"JFIF\x00"
        at += 2 + length
        if is_scan:
            at = _after_scan(raw, at)
    yield at + 2 == len(raw)


def _after_scan(raw: bytes, at: int) -> int:
    """Where the next part begins: packed pixels hold no marker of their own."""
    while True:
        at = raw.find(b"\xff", at)
        if at < 0:
            raise _Other
        if raw[at + 1] not in FILLED:
            return at
        at += 2
