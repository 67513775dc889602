"""Runs alone in a limited child process: an untrusted video in, a bare MP4 and its poster out.

stdin: the file, where one can seek. argv: the most seconds, the most bytes, and `whole` or `poster`.
The working folder is empty and its own; `whole` writes `out.mp4` there. stdout: a JSON line, then
the poster (JPEG). Pictures and sound are copied as they are; boxes, other tracks and what an encoder
wrote between the pictures are not (ISO/IEC 14496-12; H.264 annex D)."""

import io
import json
import re
import resource
import sys
from typing import Any

import av

MEMORY = 1024 * 1024 * 1024
CPU = 90  # seconds
SIDE, AREA = 4096, 4096 * 2304  # pixels
RATE = 120  # pictures per second
PLAIN = ("yuv420p", "yuvj420p")
POSTER = 1280  # pixels of the longer side
AHEAD = 600  # pictures looked through for the poster
OUT = "out.mp4"
SEI, USER_DATA = 6, 5  # nal_unit_type; payloadType of H.264 D.1.7
UNREADABLE = "This is not an MP4 or MOV video that can be read. It may be damaged or cut off."
CUT = "It ends too early. Export or copy it once more."


class Bad(Exception):
    pass


def limit(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def check_whole(file: Any) -> None:
    """Do the outer boxes end where the file does? One that was cut off often plays half."""
    size, at = file.seek(0, 2), 0
    while at + 16 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or not head[4:8].isalnum():
            break  # up to the end, or filled up with something else
        at += length
    file.seek(0)
    if at > size:
        raise Bad(CUT)


def open_untrusted(file: Any) -> Any:
    """Only the one demuxer, only this file: no other format, no other file that it names."""
    check_whole(file)
    try:
        return av.open(file, "r", format="mov", buffer_size=1024 * 1024)
    except Exception:
        raise Bad(UNREADABLE) from None


def choose(file: Any, most_seconds: float) -> tuple[Any, Any]:
    """The pictures' track and the sound's, or None. Raises Bad for what networks don't take."""
    videos = [one for one in file.streams.video if not is_cover(one)]
    if not len(file.streams):
        raise Bad(UNREADABLE)
    if not videos or videos[0].codec_context is None:
        raise Bad("There are no moving pictures in it that can be read.")
    video, sound = videos[0], next(iter(file.streams.audio), None)
    check_pictures(video.codec_context)
    if sound and (sound.codec_context is None or sound.codec_context.name != "aac"):
        name = sound.codec_context.name if sound.codec_context else "something unknown"
        raise Bad(f"Its sound is coded as {name}; networks take AAC. Export it as MP4 with AAC.")
    if length_of(file, video) > most_seconds:
        raise Bad(f"It is longer than {most_seconds / 60:.0f} minutes, the most that is taken.")
    return video, sound


def is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def check_pictures(codec: Any) -> None:
    if codec.name != "h264":
        raise Bad(
            f"Its pictures are coded as {codec.name}; networks take H.264. Export it as H.264."
        )
    width, height = codec.width, codec.height
    if max(width, height) > SIDE or width * height > AREA:
        raise Bad(f"It measures {width:,} by {height:,} pixels; 4,096 by 2,304 is the most.")
    if min(width, height) < 2 or codec.pix_fmt is None:
        raise Bad(UNREADABLE)
    if codec.pix_fmt not in PLAIN:
        raise Bad(f"Its colours are stored as {codec.pix_fmt}; networks take 8 bits, 4:2:0.")


def length_of(file: Any, video: Any) -> float:
    """Seconds, as the file claims."""
    claims = [float(file.duration or 0) / av.time_base]
    if video.duration and video.time_base:
        claims.append(float(video.duration * video.time_base))
    return max(claims)


def copy(file: Any, video: Any, sound: Any, most_seconds: float) -> None:
    """The packets into a new file whose index comes first; nothing of the old boxes."""
    options = {"movflags": "faststart", "fflags": "+bitexact", "write_btrt": "0"}
    chosen = [one for one in (video, sound) if one]
    size = nal_size(video)
    with av.open(OUT, "w", format="mp4", options=options) as out:
        places = {one.index: out.add_stream_from_template(one) for one in chosen}
        count = 0
        for packet in file.demux(*chosen):
            if packet.dts is None or packet.size == 0:
                continue
            if packet.stream.index == video.index:
                count += 1
                check_length(packet, count, most_seconds)
                packet = without_user_data(packet, size)
            packet.stream = places[packet.stream.index if packet.stream else video.index]
            out.mux(packet)
    if not count or count < video.frames:
        raise Bad(CUT)


def check_length(packet: Any, count: int, most_seconds: float) -> None:
    if packet.is_corrupt:
        raise Bad(CUT)
    if count > most_seconds * RATE:
        raise Bad(f"It has more than {RATE} pictures a second.")
    if packet.pts is not None and float(packet.pts * packet.time_base) > most_seconds + 60:
        raise Bad(f"It is longer than {most_seconds / 60:.0f} minutes, the most that is taken.")


def nal_size(video: Any) -> int:
    """How many bytes say a unit's length (avcC, ISO/IEC 14496-15 5.3.3.1)."""
    extra = bytes(video.codec_context.extradata or b"")
    if len(extra) < 7 or extra[0] != 1:
        raise Bad(UNREADABLE)
    return (extra[4] & 3) + 1


def without_user_data(packet: Any, size: int) -> Any:
    """Cameras and encoders write place, time and their names between the pictures."""
    raw, at, made, changed = bytes(packet), 0, bytearray(), False
    while at < len(raw):
        length = int.from_bytes(raw[at : at + size], "big")
        unit = raw[at + size : at + size + length]
        if len(unit) != length or not unit:
            raise Bad(UNREADABLE)
        at += size + length
        if unit[0] & 31 == SEI:
            changed, unit = True, clean(unit)
        if unit:
            made += len(unit).to_bytes(size, "big") + unit
    return as_packet(bytes(made), packet) if changed and made else packet


def clean(unit: bytes) -> bytes:
    """A unit of supplemental information without user data; empty when nothing else was in it."""
    body, at, kept = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00"), 0, b""
    while at < len(body) and body[at:].rstrip(b"\x00") != b"\x80":
        start, numbers = at, []
        for _ in range(2):  # the kind of message, and its length
            number = 0
            while body[at : at + 1] == b"\xff":
                number, at = number + 255, at + 1
            number, at = number + (body[at] if at < len(body) else 0), at + 1
            numbers.append(number)
        at += numbers[1]
        if numbers[0] != USER_DATA and at <= len(body):
            kept += body[start:at]
    if not kept:
        return b""
    return unit[:1] + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", kept + b"\x80")


def as_packet(raw: bytes, like: Any) -> Any:
    made = av.Packet(raw)
    made.pts, made.dts, made.duration = like.pts, like.dts, like.duration
    made.time_base, made.is_keyframe = like.time_base, like.is_keyframe
    return made


def poster(file: Any, video: Any) -> tuple[bytes, int, int]:
    """The first picture as JPEG, upright, with the sides of the whole video."""
    video.codec_context.thread_count = 1
    for count, packet in enumerate(file.demux(video)):
        for frame in packet.decode():
            turns = round(frame.rotation / 90) % 4
            picture = frame.to_image().rotate(90 * turns, expand=True)
            width, height = picture.size
            picture.thumbnail((POSTER, POSTER))
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=82, optimize=True)
            return out.getvalue(), width, height
        if count > AHEAD:
            break
    raise Bad(UNREADABLE)


def look(most_seconds: float, *, whole: bool) -> tuple[dict[str, Any], bytes]:
    given = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115  # the process ends with it
    with open_untrusted(given) as file:
        video, sound = choose(file, most_seconds)
        if not whole:
            return {}, poster(file, video)[0]
        copy(file, video, sound, most_seconds)
    with av.open(OUT, "r", format="mov") as made:
        video, _ = choose(made, most_seconds)
        seconds = round((made.duration or 0) / av.time_base, 3)
        body, width, height = poster(made, video)
        return {"seconds": seconds, "width": width, "height": height}, body


def main() -> None:
    most_seconds, most, what = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    limit(most)
    try:
        answer, body = look(most_seconds, whole=what == "whole")
    except Bad as trouble:
        answer, body = {"error": str(trouble)}, b""
    except (av.FFmpegError, MemoryError, ValueError):
        answer, body = {"error": UNREADABLE}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + body)


if __name__ == "__main__":
    av.logging.set_level(None)
    main()
