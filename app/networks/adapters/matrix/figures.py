"""What stands around an event in its room: reactions, and answers in its thread
(spec.matrix.org/v1.11/client-server-api, 11.40 "Relationships", 11.43 "Reactions", 11.50 "Threading").
A plain reply is no relation there and is not counted."""

from urllib.parse import quote

from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.matrix import wire
from app.networks.adapters.matrix.wire import Home, room_path
from app.networks.asking import LOST

TELLS = frozenset({"likes", "replies"})
BATCH = 10
PAGES, PAGE = 10, 100


async def of_one(home: Home, room: str, id: str) -> Figures | Absent | Refused | Unknown:
    """`id` holds those of all its events: they are counted together, and it is gone when the first is."""
    likes = replies = 0
    for number, event in enumerate(id.split()):
        there = await _is_there(home, room, event)
        if isinstance(there, Refused | Unknown):
            return there
        if not there and number == 0:
            return Absent()
        for kind in ("m.annotation", "m.thread") if there else ():
            found = await _related(home, room, event, kind)
            if isinstance(found, Refused | Unknown):
                return found
            likes += found if kind == "m.annotation" else 0
            replies += found if kind == "m.thread" else 0
    return Figures(likes=likes, replies=replies)


async def _is_there(home: Home, room: str, event: str) -> bool | Refused | Unknown:
    """A redacted event is there without its content."""
    answer = await home.ask("GET", room_path(room, f"event/{quote(event, safe='')}"))
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status == 404:
        return False
    said = wire.said(answer)
    if answer.status != 200 or "content" not in said:
        return Refused(f"The server does not tell: {wire.message(answer)}")
    return bool(said["content"])


async def _related(home: Home, room: str, event: str, kind: str) -> int | Refused | Unknown:
    path = f"client/v1/rooms/{quote(room, safe='')}/relations/{quote(event, safe='')}/{kind}"
    asked, count = {"limit": str(PAGE)}, 0
    for _ in range(PAGES):
        said = await home.read("GET", path, params=asked)
        if isinstance(said, Refused | Unknown):
            return said
        chunk = said.get("chunk")
        if not isinstance(chunk, list):
            return Unknown(LOST)
        count += len(chunk)
        if not said.get("next_batch"):
            return count
        asked["from"] = str(said["next_batch"])
    return count
