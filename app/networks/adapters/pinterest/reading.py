"""Finding a pin of ours on its board (developers.pinterest.com/docs/api/v5/boards-list_pins)."""

import html
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.networks import Absent, Account, Parcel, Published, Refused, Unknown
from app.networks.adapters.pinterest import wire
from app.networks.asking import LOST

EARLIER = timedelta(seconds=60)
PAGES = 20  # of a board that are looked through
TOO_MANY = "The board holds more pins than we can look through."
KINDS = {
    "image_url": "image",
    "image_base64": "image",
    "multiple_image_urls": "multiple_images",
    "multiple_image_base64": "multiple_images",
    "video_id": "video",
}


async def find(
    api: wire.Api, account: Account, parcel: Parcel
) -> Published | Absent | Refused | Unknown:
    """A board's pins stand in its owner's order, so only all of them say that one is not there."""
    said = await api.listed(f"/boards/{account.account_id}/pins", PAGES)
    if isinstance(said, Refused | Unknown):
        return said
    pins, is_all = said
    try:
        ours = [pin for pin in pins if _is_ours(pin, parcel)]
        first = min(ours, key=lambda pin: _instant(pin["created_at"]), default=None)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unknown(LOST)
    if first:
        return wire.published(str(first["id"]))
    return Absent() if is_all else Unknown(TOO_MANY)


def _is_ours(pin: Mapping[str, Any], parcel: Parcel) -> bool:
    wanted = parcel.record
    kind = (pin.get("media") or {}).get("media_type")
    return (
        str(pin["id"]) not in parcel.taken
        and _instant(pin["created_at"]) >= parcel.at - EARLIER
        and kind in (None, KINDS[wanted["media_source"]["source_type"]])
        and normal(pin.get("description")) == normal(wanted.get("description"))
        and normal(pin.get("title")) == normal(wanted.get("title"))
    )


def normal(words: Any) -> str:
    return " ".join(html.unescape(str(words or "")).split())


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
