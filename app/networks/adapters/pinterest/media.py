"""What a pin shows (developers.pinterest.com/docs/work-with-organic-content-and-users). Pictures go
with the pin itself: an address that Pinterest fetches, else the bytes. A video goes ahead, in one
request to a form that Pinterest names, and then Pinterest works on it."""

import base64
from datetime import timedelta
from typing import Any

from app import clock, http
from app.networks import Partly, Picture, Piece, Refused, Unknown, Video
from app.networks.adapters.pinterest.wire import Api
from app.networks.asking import LOST, ask

UPLOAD = 60.0  # seconds for the whole video
A_LOOK = timedelta(seconds=10)
COVER = "Say the second that shows as the video's cover as a number, such as 0 or 12."
REFUSED = "Pinterest did not take the video. It is uploaded again."


def pictures(piece: Piece) -> dict[str, Any]:
    """`media_source` of one picture, or of two to five."""
    made = [_source(picture) for picture in piece.pictures]
    if len(made) == 1:
        kind = "image_url" if "url" in made[0] else "image_base64"
        return {"source_type": kind} | made[0]
    by_address = all("url" in one for one in made)
    kind = "multiple_image_urls" if by_address else "multiple_image_base64"
    items = made if by_address else [_bytes(picture) for picture in piece.pictures]
    return {"source_type": kind, "items": items, "index": 0}


def _source(picture: Picture) -> dict[str, str]:
    return {"url": picture.url} if picture.url else _bytes(picture)


def _bytes(picture: Picture) -> dict[str, str]:
    return {"content_type": picture.type, "data": base64.b64encode(picture.body).decode()}


async def video(
    api: Api, piece: Piece, film: Video, so_far: dict[str, Any]
) -> dict[str, Any] | Partly | Refused | Unknown:
    """One step onward: register, upload, look. `media_source` once Pinterest has finished."""
    second = piece.options.get("cover", "").strip() or "0"
    if not (second.isascii() and second.isdecimal()):
        return Refused(COVER, permanent=True)
    if not so_far:
        return await _register(api)
    if "form" in so_far:
        return await _upload(api, film, so_far)
    said = await api.told("GET", f"/media/{so_far['media']}")
    if isinstance(said, Refused | Unknown):
        return said
    if said.get("status") == "failed":
        return Refused("Pinterest could not work with this video.", permanent=True)
    if said.get("status") != "succeeded":
        return Partly(so_far, clock.now() + A_LOOK)
    return {
        "source_type": "video_id",
        "media_id": so_far["media"],
        "cover_image_key_frame_time": int(second),
    }


async def _register(api: Api) -> Partly | Refused | Unknown:
    said = await api.told("POST", "/media", json={"media_type": "video"})
    if isinstance(said, Refused | Unknown):
        return said
    try:
        begun = {
            "media": str(said["media_id"]),
            "url": str(said["upload_url"]),
            "form": {str(name): str(value) for name, value in said["upload_parameters"].items()},
        }
    except (KeyError, AttributeError):
        return Unknown(LOST)
    return Partly(begun)


async def _upload(api: Api, film: Video, so_far: dict[str, Any]) -> Partly | Refused | Unknown:
    """The form's own fields first: the storage ignores what comes after the file."""
    fields = [http.Part(name, value) for name, value in so_far["form"].items()]
    whole = http.Part("file", film.read(0, film.size), "video", film.type)
    sent = await ask(api.web, "POST", so_far["url"], parts=(*fields, whole), seconds=UPLOAD)
    if not isinstance(sent, http.Answer):
        return sent
    if sent.status >= 300:
        return Refused(REFUSED, prepare_again=True)
    return Partly({"media": so_far["media"]}, clock.now() + A_LOOK)
