"""Pictures and videos, sent ahead of the post (docs.joinmastodon.org/methods/media)."""

import secrets
from datetime import datetime, timedelta
from mimetypes import guess_extension
from typing import Any

from app import clock, http
from app.networks import Partly, Picture, Piece, Refused, Unknown, Video
from app.networks.adapters.mastodon.wire import Server, message
from app.networks.asking import LOST

LOOK_AGAIN = timedelta(seconds=4)
LONGEST = timedelta(hours=1)  # for the server's work on one file
SLOWEST = 400_000  # bytes per second that we wait for
GONE = Refused("The server no longer holds what was uploaded ahead.", prepare_again=True)


async def upload(
    server: Server, piece: Piece, so_far: dict[str, Any]
) -> list[str] | Partly | Refused | Unknown:
    """The ids of all the media; `Partly` after each file and while the server works on one."""
    ids: list[str] = list(so_far.get("ids", ()))
    files = (*piece.pictures, *((piece.video,) if piece.video else ()))
    if since := so_far.get("works_since"):
        state = await look(server, ids[-1])
        if state is False:
            return _wait(so_far, datetime.fromisoformat(since))
        if isinstance(state, Refused | Unknown):
            return state
    if len(ids) == len(files):
        return ids
    made = await _send(server, files[len(ids)])
    if isinstance(made, Refused | Unknown):
        return made
    id, is_ready = made
    ids.append(id)
    if not is_ready:
        now = clock.now()
        return Partly({"ids": ids, "works_since": now.isoformat()}, now + LOOK_AGAIN)
    return ids if len(ids) == len(files) else Partly({"ids": ids})


def _wait(so_far: dict[str, Any], since: datetime) -> Partly | Refused:
    now = clock.now()
    if now - since > LONGEST:
        return Refused("The server did not finish its work on the file in an hour.", permanent=True)
    return Partly(so_far, now + LOOK_AGAIN)


async def look(server: Server, id: str) -> bool | Refused | Unknown:
    """Is the server done with it? 206 while it is not, 404 when it is attached or gone."""
    answer = await server.ask("GET", f"/api/v1/media/{id}")
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status in (200, 206):
        return answer.status == 200
    if answer.status == 404:
        return GONE
    return Refused(f"The server could not use the file: {message(answer)}", permanent=True)


async def _send(server: Server, file: Picture | Video) -> tuple[str, bool] | Refused | Unknown:
    """One file. Its name is used once: snac names what it stores after it."""
    body = file.body if isinstance(file, Picture) else file.read(0, file.size)
    name = f"{secrets.token_hex(12)}{guess_extension(file.type) or '.bin'}"
    parts = [http.Part("file", body, name, file.type)]
    if file.alt:
        parts.append(http.Part("description", file.alt))
    seconds = 30 + len(body) / SLOWEST
    answer = await server.ask("POST", "/api/v2/media", parts=parts, seconds=seconds)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status not in (200, 202):
        return Refused(f"The server refused a file: {message(answer)}", permanent=True)
    try:
        return str(answer.json()["id"]), answer.status == 200
    except (http.Unreadable, KeyError, TypeError):
        return Unknown(LOST)
