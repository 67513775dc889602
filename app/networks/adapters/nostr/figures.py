"""What the account's relays hold about a note: reactions (NIP-25; a "-" is no like), answers (NIP-10),
reposts and quotes (NIP-18). Other relays may hold more: nobody counts for all of Nostr."""

from collections.abc import Iterable, Sequence
from typing import Any

from app import http
from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.nostr import events, relays
from app.networks.adapters.nostr.events import Event
from app.networks.measuring import Measured

TELLS = frozenset({"likes", "replies", "reposts"})
BATCH = 20
REACTION, REPOSTS = 7, (6, 16)
MOST = 5_000  # messages of one relay; what has more is not counted at all
SILENT = "None of the relays answers."


async def measure(
    web: http.Client, known: Sequence[str], ids: Sequence[str]
) -> Measured | Refused | Unknown:
    kinds = [events.NOTE, REACTION, *REPOSTS]
    wanted: list[dict[str, Any]] = [
        {"ids": list(ids)},
        {"kinds": kinds, "#e": list(ids)},
        {"kinds": [events.NOTE], "#q": list(ids)},
    ]
    answers = [await relays.look(web, known, one, MOST) for one in wanted]
    heard = [[here for here in answer if here is not None] for answer in answers]
    if not all(heard):
        return Unknown(SILENT)
    notes, about, quoting = ({one["id"]: one for here in each for one in here} for each in heard)
    around = [*(about | quoting).values()]
    return {id: _figures(id, around) if id in notes else Absent() for id in ids}


def _figures(id: str, around: Iterable[Event]) -> Figures:
    likes, replies, reposts = set(), set(), set()
    for event in around:
        kind, author = event["kind"], event["pubkey"]
        if kind == REACTION and _last(event) == id and event["content"] != "-":
            likes.add(author)
        elif kind in REPOSTS and _last(event) == id:
            reposts.add(author)
        elif kind == events.NOTE and ["q", id] in [tag[:2] for tag in event["tags"]]:
            reposts.add(event["id"])
        elif kind == events.NOTE and _answers(event, id):
            replies.add(event["id"])
    return Figures(likes=len(likes), replies=len(replies), reposts=len(reposts))


def _last(event: Event) -> str:
    """The note that a reaction or a repost is about: the last one that it names."""
    named = [tag[1] for tag in event["tags"] if tag[0] == "e" and len(tag) > 1]
    return named[-1] if named else ""


def _answers(event: Event, id: str) -> bool:
    """Named as a root or as what it answers; a mention is neither."""
    return any(
        tag[:2] == ["e", id] and (len(tag) < 4 or tag[3] in ("root", "reply", ""))
        for tag in event["tags"]
    )
