"""A page's video: a session gives its id first, takes it in stretches, and `finish` makes it public
(developers.facebook.com/docs/graph-api/reference/page/videos; errors: .../docs/video-api/reference/
error-codes). As the id is known before, what became of it can be asked without a doubt, except of one
that was uploaded again: then the page's videos are looked through."""

from typing import Any

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.meta.errors import Told
from app.networks.adapters.meta.graph import SLACK, Graph, Said, same
from app.networks.asking import LOST

STRETCH = 4 * 1024 * 1024  # bytes at most, so that one fits into one request's time
AGAIN = (1_363_030, 1_363_037, 1_363_019)  # the offsets to go on from come with these
VIDEO = "id,description,created_time,permalink_url,published"
WORKING = "Facebook is still working on a video with these words."
EXPIRED = "Facebook has forgotten the video that was uploaded."


async def upload(
    graph: Graph, url: str, piece: Piece, so_far: dict[str, Any]
) -> dict[str, Any] | Partly | Refused | Unknown:
    """One stretch; the record when all of it is up."""
    assert piece.video
    if not so_far:
        size = str(piece.video.size)
        begun = await graph.post(url, upload_phase="start", file_size=size)
        return _begun(begun) if isinstance(begun, dict) else begun
    start, end = int(so_far["start"]), int(so_far["end"])
    if start >= end:
        kept = ("video", "session", "made_at")
        named = {name: so_far[name] for name in kept if name in so_far}
        return {"text": piece.text} | named
    said = await _transfer(graph, url, piece.video, so_far, start, end)
    if isinstance(said, Told) and said.trouble and said.trouble.subcode in AGAIN:
        said = dict(said.trouble.data) or said
    if isinstance(said, Told) and said.is_gone:
        return Refused(EXPIRED, prepare_again=True)
    if isinstance(said, Refused | Unknown):
        return said
    return _onward(so_far, said)


async def _transfer(
    graph: Graph, url: str, video: Video, so_far: dict[str, Any], start: int, end: int
) -> Said | Refused | Unknown:
    body = video.read(start, min(end - start, STRETCH))
    file = http.Part("video_file_chunk", body, "stretch", "application/octet-stream")
    session = str(so_far["session"])
    fields = {"upload_session_id": session, "start_offset": str(start)}
    return await graph.upload(url, file, upload_phase="transfer", **fields)


def _begun(said: Said) -> Partly | Unknown:
    try:
        named = {"video": str(said["video_id"]), "session": str(said["upload_session_id"])}
        named["made_at"] = clock.now().isoformat()
        return Partly(named | {"start": int(said["start_offset"]), "end": int(said["end_offset"])})
    except (KeyError, TypeError, ValueError):
        return Unknown(LOST)


def _onward(so_far: dict[str, Any], said: Said) -> Partly | Unknown:
    try:
        offsets = {"start": int(said["start_offset"]), "end": int(said["end_offset"])}
    except (KeyError, TypeError, ValueError):
        return Unknown(LOST)
    return Partly(so_far | offsets)


async def finish(graph: Graph, url: str, record: dict[str, Any]) -> Processing | Refused | Unknown:
    """The one request that makes it public, once Facebook has worked through it."""
    named = {"upload_session_id": record["session"], "description": record["text"]}
    said = await graph.post(url, upload_phase="finish", published="true", **named)
    if isinstance(said, Told) and said.is_gone:
        return Refused(EXPIRED, prepare_again=True)
    if isinstance(said, Refused | Unknown):
        return said
    return Processing(record["video"]) if said.get("success") is True else Unknown(LOST)


async def find(
    graph: Graph, account: Account, parcel: Parcel
) -> Published | Processing | Absent | Refused | Unknown:
    """By its id. One that was made after the first try can't speak for what went out before it, as
    after a restore: that is found by its words."""
    found = await became(graph, account, parcel.record["video"])
    made_at = parcel.record.get("made_at")
    is_first = made_at is None or clock.parse(made_at) <= parcel.at
    if not isinstance(found, Absent) or is_first:
        return found
    return await _listed(graph, account, parcel)


async def _listed(
    graph: Graph, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    """The oldest of the page's recent videos that says this and belongs to no other of ours. What an
    unfinished one says is not there yet."""
    edge, since = f"{account.account_id}/videos", parcel.at - SLACK
    found = await graph.recent(edge, since, fields=VIDEO)
    if isinstance(found, Refused | Unknown):
        return found
    for row in sorted(found, key=lambda row: str(row.get("created_time"))):
        id, words = str(row.get("id")), str(row.get("description") or "")
        if id not in parcel.taken and same(words, parcel.record["text"]):
            url = _url(account, id, str(row.get("permalink_url") or ""))
            return Published(id, url) if row.get("published") is True else Unknown(WORKING)
    return Absent()


async def became(
    graph: Graph, account: Account, id: str
) -> Published | Processing | Absent | Refused | Unknown:
    """From the phases of the video (.../docs/graph-api/reference/video-status): a video whose upload
    was never finished is not there."""
    said = await graph.get(id, fields="id,status,published,permalink_url")
    if isinstance(said, Told) and said.is_gone:
        return Absent()
    if isinstance(said, Refused | Unknown):
        return said
    status = said.get("status")
    status = status if isinstance(status, dict) else {}
    if status.get("video_status") in ("error", "expired", "upload_failed"):
        return Refused("Facebook could not use the video.", permanent=True)
    if _phase(status, "uploading_phase") != "complete":
        return Absent()
    if status.get("video_status") == "ready" and said.get("published") is True:
        return Published(id, _url(account, id, str(said.get("permalink_url") or "")))
    return Processing(id)


def _phase(status: Said, name: str) -> str:
    phase = status.get(name)
    return str(phase.get("status")) if isinstance(phase, dict) else ""


def _url(account: Account, id: str, path: str) -> str:
    """Facebook tells the address without its host."""
    if path.startswith("/"):
        return f"https://www.facebook.com{path}"
    return path or f"https://www.facebook.com/{account.account_id}/videos/{id}"
