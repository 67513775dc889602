"""What a post becomes in a room: one event for its words and one for each file
(spec.matrix.org/v1.11/client-server-api, 11.2 "Instant messaging")."""

import json
from collections.abc import Mapping
from typing import Any

from app.networks import Parcel, Picture, Piece, Refused, Unknown, Video, html, text
from app.networks.adapters.matrix.wire import UPLOAD, Home
from app.networks.asking import LOST

KEY, PART = "allstac.key", "allstac.part"  # our own fields, by which an event is found again
MOST = 60_000  # bytes of a content; a whole event has 65,536 at most
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}


async def events(home: Home, piece: Piece) -> list[dict[str, Any]] | Refused | Unknown:
    made = [_words(piece.text)] if piece.text.strip() else []
    files: list[Picture | Video] = [*piece.pictures, *((piece.video,) if piece.video else ())]
    for file in files:
        address = await _upload(home, file)
        if not isinstance(address, str):
            return address
        made.append(_file(file, address))
    return made


def _words(words: str) -> dict[str, Any]:
    """With HTML where there is a link, unless both together are too long for one event."""
    plain: dict[str, Any] = {"msgtype": "m.text", "body": words, "m.mentions": {}}
    if not any(found.kind == "link" for found in text.find(words)):
        return plain
    shown = html.paragraphs(words)
    rich = plain | {"format": "org.matrix.custom.html", "formatted_body": shown}
    return rich if len(json.dumps(rich, ensure_ascii=False).encode()) <= MOST else plain


def _file(file: Picture | Video, address: str) -> dict[str, Any]:
    """Its alt text is the body: what is read where the file is not shown."""
    kind = "m.video" if isinstance(file, Video) else "m.image"
    name = f"{kind.removeprefix('m.')}.{ENDINGS.get(file.type, 'bin')}"
    size = file.size if isinstance(file, Video) else len(file.body)
    about: dict[str, Any] = {
        "mimetype": file.type,
        "w": file.width,
        "h": file.height,
        "size": size,
    }
    if isinstance(file, Video):
        about["duration"] = int(file.seconds * 1000)
    body = file.alt or name
    made = {"msgtype": kind, "body": body, "filename": name, "url": address, "info": about}
    return made | {"m.mentions": {}}


async def _upload(home: Home, file: Picture | Video) -> str | Refused | Unknown:
    body = file.read(0, file.size) if isinstance(file, Video) else file.body
    headers = {"Content-Type": file.type}
    answer = await home.read("POST", "media/v3/upload", body=body, headers=headers, seconds=UPLOAD)
    if isinstance(answer, Refused | Unknown):
        return answer
    return str(answer["content_uri"]) if "content_uri" in answer else Unknown(LOST)


def placed(event: Mapping[str, Any], part: int, parcel: Parcel) -> dict[str, Any]:
    """The event with our key, in its thread where it belongs to one (11.10.1 "Threading")."""
    made = {**event, KEY: parcel.key, PART: part}
    if parcel.before:
        root, last = parcel.before[0].ref, parcel.before[-1].ref
        made["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": last},
        }
    return made
