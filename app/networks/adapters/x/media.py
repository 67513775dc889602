"""Pictures and videos at X (docs.x.com/x-api/media): a picture in one request, a video in stretches
that may be sent again, then a wait until X has worked on it. They keep for a day."""

from datetime import timedelta
from typing import Any

from app import clock, http
from app.networks import Partly, Piece, Refused, Unknown, Video
from app.networks.adapters.x.wire import MEDIA_GONE, Api

STRETCH = 4 * 1024 * 1024  # bytes; X takes 5 MB at most
UPLOAD = 30.0  # seconds for one request
LONGEST = 60  # seconds between two looks


async def pictures(api: Api, piece: Piece) -> list[str] | Refused | Unknown:
    ids = []
    for picture in piece.pictures:
        parts = (
            http.Part("media", picture.body, "picture", picture.type),
            http.Part("media_category", "tweet_image"),
        )
        said = await api.told("POST", "/2/media/upload", parts=parts, seconds=UPLOAD)
        if isinstance(said, Refused | Unknown):
            return said
        ids.append(str(said["id"]))
        if trouble := await _describe(api, ids[-1], picture.alt):
            return trouble
    return ids


async def video(api: Api, film: Video, so_far: dict[str, Any]) -> str | Partly | Refused | Unknown:
    """One step onward: begin, a stretch, the end, a look. The media id once X has finished."""
    if not so_far:
        return await _begin(api, film)
    if so_far["next"] * STRETCH < film.size:
        return await _append(api, film, so_far)
    path = f"/2/media/upload/{so_far['video']}/finalize"
    if so_far["closed"]:
        look = {"command": "STATUS", "media_id": so_far["video"]}
        said = await api.told("GET", "/2/media/upload", params=look)
    else:
        said = await api.told("POST", path)
    if isinstance(said, Refused | Unknown):
        return said
    state = said.get("processing_info") or {"state": "succeeded"}
    if state.get("state") == "succeeded":
        trouble = await _describe(api, so_far["video"], film.alt)
        return trouble or str(so_far["video"])
    if state.get("state") == "failed":
        why = str((state.get("error") or {}).get("message", ""))[:200]
        return Refused(f"X could not work with this video. {why}".strip(), permanent=True)
    wait = min(int(state.get("check_after_secs") or 5), LONGEST)
    return Partly(so_far | {"closed": True}, clock.now() + timedelta(seconds=wait))


async def _begin(api: Api, film: Video) -> Partly | Refused | Unknown:
    asked = {"media_type": film.type, "total_bytes": film.size, "media_category": "tweet_video"}
    said = await api.told("POST", "/2/media/upload/initialize", json=asked)
    if isinstance(said, Refused | Unknown):
        return said
    return Partly({"video": str(said["id"]), "next": 0, "closed": False})


async def _append(api: Api, film: Video, so_far: dict[str, Any]) -> Partly | Refused | Unknown:
    number = so_far["next"]
    parts = (
        http.Part("segment_index", str(number)),
        http.Part("media", film.read(number * STRETCH, STRETCH), "stretch", film.type),
    )
    path = f"/2/media/upload/{so_far['video']}/append"
    answer = await api.ask("POST", path, parts=parts, seconds=UPLOAD)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status >= 300:
        return Refused(MEDIA_GONE, prepare_again=True)
    return Partly(so_far | {"next": number + 1})


async def _describe(api: Api, id: str, alt: str) -> Refused | Unknown | None:
    if not alt:
        return None
    body = {"id": id, "metadata": {"alt_text": {"text": alt}}}
    said = await api.told("POST", "/2/media/metadata", json=body)
    return said if isinstance(said, Refused | Unknown) else None
