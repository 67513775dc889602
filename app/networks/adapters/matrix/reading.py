"""Reading our own events back out of a room (spec.matrix.org/v1.11/client-server-api, 10.5)."""

import json
from datetime import timedelta
from typing import Any

from app.networks import Parcel, Refused, Unknown
from app.networks.adapters.matrix.content import KEY, PART
from app.networks.adapters.matrix.wire import Home, room_path
from app.networks.asking import LOST

PAGES, PAGE = 20, 100
SKEW = timedelta(seconds=60)


async def parts(
    home: Home, person: str, room: str, parcel: Parcel
) -> dict[int, str] | Refused | Unknown:
    """The events that carry the parcel's key, by their part; redacted ones carry none any more."""
    chosen = {"types": ["m.room.message"], "senders": [person]}
    asked = {"dir": "b", "limit": str(PAGE), "filter": json.dumps(chosen)}
    since = int((parcel.at - SKEW).timestamp() * 1000)
    found: dict[int, str] = {}
    for _ in range(PAGES):
        said = await home.read("GET", room_path(room, "messages"), params=asked)
        if isinstance(said, Refused | Unknown):
            return said
        try:
            events = said["chunk"]
            found |= {_part(event): event["event_id"] for event in events if _is(event, parcel)}
            older = any(event["origin_server_ts"] < since for event in events)
        except (KeyError, TypeError):
            return Unknown(LOST)
        if older or not said.get("end"):
            return found
        asked["from"] = said["end"]
    return Unknown("The room is too busy to look through all that was said since then.")


def _is(event: dict[str, Any], parcel: Parcel) -> bool:
    return bool(event["content"].get(KEY) == parcel.key)


def _part(event: dict[str, Any]) -> int:
    return int(event["content"][PART])
