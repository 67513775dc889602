"""Tiny videos, made here and now: nothing binary is kept beside the code."""

import io
import re
import struct
from collections.abc import Iterator

import av

PLACE = "+52.5200+013.4050/"
CAMERA = "CANARYCAM 3000"
NOTED = {
    "location": PLACE,
    "com.apple.quicktime.location.ISO6709": PLACE,
    "make": CAMERA,
    "com.apple.quicktime.model": CAMERA,
    "title": CAMERA,
    "creation_time": "2020-01-02T03:04:05Z",
}
SOUND = 48_000  # samples a second
SPOKEN = b"GPS 52.5200 N 13.4050 E of CANARYCAM"


def clip(
    pictures: int = 10,
    size: tuple[int, int] = (64, 48),
    *,
    fmt: str = "mp4",
    codec: str = "libx264",
    sound: str = "aac",
    noted: dict[str, str] | None = None,
    turn: int = 0,
    rate: int = 10,
    pix_fmt: str = "yuv420p",
    speaks: bool = False,
    **options: str,
) -> bytes:
    """An MP4 or MOV of grey pictures; `turn` in degrees; `speaks`: with a message between the
    pictures, as cameras write them (H.264 D.1.7)."""
    out = io.BytesIO()
    movflags = {"movflags": "use_metadata_tags"} if noted else {}
    with av.open(out, "w", format=fmt, options=movflags | options) as file:
        file.metadata.update(noted or {})
        video = file.add_stream(codec, rate=rate)
        video.width, video.height = size
        video.pix_fmt = pix_fmt
        if turn:
            video.set_display_rotation(turn)
        audio = file.add_stream(sound, rate=SOUND) if sound else None
        if audio:
            audio.layout = "mono"
        for packet in _pictures(video, pictures, size, pix_fmt):
            file.mux(_speaking(packet) if speaks else packet)
        if audio:
            for packet in _silence(audio, pictures / rate):
                file.mux(packet)
    return out.getvalue()


def _pictures(
    video: object, count: int, size: tuple[int, int], pix_fmt: str
) -> Iterator[av.Packet]:
    for number in range(count):
        frame = av.VideoFrame(*size, "yuv420p")
        frame.pts = number
        for plane in frame.planes:
            plane.update(bytes([(number * 7 + 40) % 256]) * plane.buffer_size)
        yield from video.encode(frame if pix_fmt == "yuv420p" else frame.reformat(format=pix_fmt))
    yield from video.encode()


def _silence(audio: object, seconds: float) -> Iterator[av.Packet]:
    for number in range(int(seconds * SOUND / 1024)):
        frame = av.AudioFrame(format=audio.codec_context.format.name, layout="mono", samples=1024)
        frame.sample_rate, frame.pts = SOUND, number * 1024
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        yield from audio.encode(frame)
    yield from audio.encode()


def _speaking(packet: av.Packet) -> av.Packet:
    """With a user data message before the picture; in a stream that begins with start codes."""
    body = b"u" * 16 + SPOKEN
    message = b"\x06\x05" + bytes([len(body)]) + body + b"\x80"
    made = av.Packet(b"\x00\x00\x00\x01" + message + bytes(packet))
    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
    made.time_base, made.is_keyframe, made.stream = (
        packet.time_base,
        packet.is_keyframe,
        packet.stream,
    )
    return made


def boxes(raw: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each box, those inside others too."""
    end = len(raw) if end is None else end
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", raw[at : at + 8])
        yield kind, at, at + length
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta"):
            yield from boxes(raw, at + 8, at + length)
        at += length or end


def claim(raw: bytes, kind: bytes, offset: int, form: str, value: int) -> bytes:
    """The same file with one number of every such box changed."""
    made = bytearray(raw)
    for name, start, _ in boxes(raw):
        if name == kind:
            struct.pack_into(form, made, start + 8 + offset, value)
    return bytes(made)


def words_in(raw: bytes) -> list[bytes]:
    """What one can read in a file, but for the names of boxes and of the one handler."""
    return [word for word in re.findall(rb"[ -~]{6,}", raw) if b"Handler" not in word]
