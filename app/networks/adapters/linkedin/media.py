"""Pictures and videos at LinkedIn: registered, sent to the address that LinkedIn names, a video in the
parts that it asks for (learn.microsoft.com/linkedin/marketing/community-management/shares/images-api,
.../videos-api)."""

from datetime import timedelta
from typing import Any

from app import clock, http
from app.networks import Partly, Picture, Refused, Unknown, Video
from app.networks.adapters.linkedin.wire import Api, urn
from app.networks.asking import LOST, ask

UPLOAD = 30.0  # seconds for one request
A_LOOK = timedelta(seconds=10)
GONE = "What was uploaded for this post has run out at LinkedIn. It is uploaded again."


async def picture(api: Api, owner: str, one: Picture) -> str | Refused | Unknown:
    """The urn of a picture."""
    asked = {"initializeUploadRequest": {"owner": owner}}
    said = await api.told("POST", "/rest/images?action=initializeUpload", json=asked)
    if isinstance(said, Refused | Unknown):
        return said
    try:
        url, id = said["value"]["uploadUrl"], said["value"]["image"]
    except (KeyError, TypeError):
        return Unknown(LOST)
    headers = api.bearer | {"Content-Type": one.type}
    sent = await ask(api.web, "PUT", url, headers=headers, body=one.body, seconds=UPLOAD)
    if isinstance(sent, http.Answer) and sent.status >= 300:
        return Refused(f"LinkedIn refused a picture ({sent.status}).", permanent=True)
    return str(id) if isinstance(sent, http.Answer) else sent


async def video(
    api: Api, owner: str, film: Video, so_far: dict[str, Any]
) -> str | Partly | Refused | Unknown:
    """One step onward: begin, a part, the end, a look. The urn once LinkedIn has finished."""
    if not so_far:
        return await _begin(api, owner, film)
    if len(so_far["tags"]) < len(so_far["parts"]):
        return await _part(api, film, so_far)
    if not so_far["closed"]:
        asked = {
            "video": so_far["video"],
            "uploadToken": so_far["token"],
            "uploadedPartIds": so_far["tags"],
        }
        path = "/rest/videos?action=finalizeUpload"
        answer = await api.ask("POST", path, json={"finalizeUploadRequest": asked})
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status >= 300:
            return Refused(GONE, prepare_again=True)
        return Partly(so_far | {"closed": True}, clock.now() + A_LOOK)
    return await _look(api, so_far)


async def _begin(api: Api, owner: str, film: Video) -> Partly | Refused | Unknown:
    asked = {
        "owner": owner,
        "fileSizeBytes": film.size,
        "uploadCaptions": False,
        "uploadThumbnail": False,
    }
    path = "/rest/videos?action=initializeUpload"
    said = await api.told("POST", path, json={"initializeUploadRequest": asked})
    if isinstance(said, Refused | Unknown):
        return said
    try:
        value = said["value"]
        parts = [
            [one["uploadUrl"], one["firstByte"], one["lastByte"]]
            for one in value["uploadInstructions"]
        ]
        begun = {"video": value["video"], "token": value.get("uploadToken", ""), "parts": parts}
    except (KeyError, TypeError):
        return Unknown(LOST)
    return Partly(begun | {"tags": [], "closed": False})


async def _part(api: Api, film: Video, so_far: dict[str, Any]) -> Partly | Refused | Unknown:
    url, first, last = so_far["parts"][len(so_far["tags"])]
    stretch = film.read(first, last - first + 1)
    headers = {"Content-Type": "application/octet-stream"}
    sent = await ask(api.web, "PUT", url, headers=headers, body=stretch, seconds=UPLOAD)
    if not isinstance(sent, http.Answer):
        return sent
    tag = sent.headers.get("ETag", "").strip('"')
    if sent.status >= 300 or not tag:
        return Refused(GONE, prepare_again=True)
    return Partly(so_far | {"tags": [*so_far["tags"], tag]})


async def _look(api: Api, so_far: dict[str, Any]) -> str | Partly | Refused | Unknown:
    said = await api.told("GET", f"/rest/videos/{urn(so_far['video'])}")
    if isinstance(said, Refused | Unknown):
        return said
    state = said.get("status")
    if state == "AVAILABLE":
        return str(so_far["video"])
    if state == "PROCESSING_FAILED":
        why = str(said.get("processingFailureReason") or "")[:200]
        return Refused(f"LinkedIn could not work with this video. {why}".strip(), permanent=True)
    return Partly(so_far, clock.now() + A_LOOK)
