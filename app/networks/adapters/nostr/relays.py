"""Talking with relays (NIP-01): each is asked by itself, all at the same time."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import regex

from app import http
from app.networks import Refused, Unknown
from app.networks.adapters.nostr import events
from app.networks.adapters.nostr.events import Event
from app.networks.asking import LOST

WAIT = 10.0  # seconds for all that one relay has to say
MOST_MESSAGES = 200
MOST_RELAYS = 10
PASSING = ("rate-limited:", "error:")  # refusals that may be over later


@dataclass(frozen=True)
class Said:
    """What one relay said to an event; `accepted` is None when it did not say."""

    relay: str
    accepted: bool | None
    words: str
    was_sent: bool = True


def parse(typed: str) -> list[str]:
    """Addresses of relays, apart by spaces, commas or lines."""
    found: list[str] = []
    for one in regex.split(r"[\s,;]+", typed.strip()):
        url = (one if "://" in one else f"wss://{one}").rstrip("/")
        if one and url not in found:
            found.append(url)
    return found


async def offer(web: http.Client, relays: Sequence[str], event: Event) -> list[Said]:
    return list(await asyncio.gather(*(_offer(web, relay, event) for relay in relays)))


async def _offer(web: http.Client, relay: str, event: Event) -> Said:
    try:
        async with asyncio.timeout(WAIT), web.talk(relay) as line:
            await line.say(json.dumps(["EVENT", event], ensure_ascii=False))
            for _ in range(MOST_MESSAGES):
                match _message(await line.hear()):
                    case ["OK", id, bool(accepted), *rest] if id == event["id"]:
                        words = str(rest[0])[:150] if rest else ""
                        is_there = accepted or words.startswith("duplicate:")
                        return Said(relay, is_there, words)
        return Said(relay, None, LOST)
    except http.NotSent as trouble:
        return Said(relay, None, str(trouble), was_sent=False)
    except (http.NoAnswer, TimeoutError):
        return Said(relay, None, LOST)


async def look(
    web: http.Client, relays: Sequence[str], wanted: dict[str, Any], most: int = MOST_MESSAGES
) -> list[list[Event] | None]:
    """The events that fit a filter, from each relay; None from one that does not answer, or has
    more to say than `most` messages."""
    return list(await asyncio.gather(*(_look(web, relay, wanted, most) for relay in relays)))


async def _look(
    web: http.Client, relay: str, wanted: dict[str, Any], most: int
) -> list[Event] | None:
    found: list[Event] = []
    try:
        async with asyncio.timeout(WAIT), web.talk(relay) as line:
            await line.say(json.dumps(["REQ", "allstac", wanted]))
            for _ in range(most):
                match _message(await line.hear()):
                    case ["EVENT", "allstac", event] if events.is_genuine(event):
                        found.append(event)
                    case ["EOSE", "allstac"]:
                        return found
                    case ["CLOSED", "allstac", *_]:
                        return None
        return None
    except (http.NotSent, http.NoAnswer, TimeoutError):
        return None


def _message(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        raise http.Unreadable("The relay's answer could not be read.") from None


def outcome(said: Sequence[Said]) -> str | Refused | Unknown:
    """The relay that has it first, else what all of them together mean."""
    taken = [one for one in said if one.accepted]
    if taken:
        return taken[0].relay
    if any(one.was_sent and one.accepted is None for one in said):
        return Unknown(LOST)
    told = told_by(said)
    if not any(one.was_sent for one in said):
        return Refused(f"No relay could be reached. {told}", not_sent=True)
    is_passing = any(not o.was_sent or o.words.startswith(PASSING) for o in said)
    return Refused(f"No relay accepted it. {told}", permanent=not is_passing)


def told_by(said: Sequence[Said]) -> str:
    """Each relay's word, for the timeline."""
    words = [f"{o.relay}: {'accepted' if o.accepted else o.words or 'refused'}" for o in said]
    return "; ".join(words)
