"""The card under a link in a preview: the page is read when the one who writes asks for it, through the
same guard as when the post goes out, and nothing of it is kept."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from app import http
from app.channels.connecting import ask
from app.channels.models import Channel
from app.networks import Segment
from app.networks.link_card import MAKERS, Card, Maker, look_up
from app.pace import MINUTE, Pace
from app.scheduler.saying import Saying

PACE = Pace(10, MINUTE)  # times that a person asks
MOST = 5  # pages that are read for one form
PATIENCE = 8.0  # seconds; the others are shown then
HIDDEN = "hide_preview"  # what networks ask where a card can be left out
SILENT = "The page did not answer, or says nothing of itself: {}"

Cards = Mapping[str, Card | None]


@dataclass(frozen=True)
class Looked:
    """What was read, by address: None where a page gave nothing. `wait`: seconds until one more may
    be asked for, 0 when this was answered."""

    cards: Cards = field(default_factory=dict)
    wait: int = 0


UNSEEN = Looked()


@dataclass(frozen=True)
class Shown:
    """A card as a preview draws it. `key` names its place on the page, '' where nobody writes; `words`
    say what to expect of it; `is_open`: there is more to see once somebody looks."""

    title: str
    description: str
    host: str
    words: str = ""
    key: str = ""
    is_looked: bool = False
    is_open: bool = False


def look(urls: Iterable[str], person_id: int, now: datetime) -> Looked:
    """Read these pages, each once, with the database let go."""
    wanted = list(dict.fromkeys(urls))[:MOST]
    if not wanted:
        return Looked()
    if wait := PACE.take(str(person_id), now):
        return Looked(wait=wait)

    async def read_all(web: http.Client) -> list[Card | None]:
        return await asyncio.gather(*(_read(web, url) for url in wanted))

    return Looked(dict(zip(wanted, ask(read_all), strict=True)))


async def _read(web: http.Client, url: str) -> Card | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await look_up(web, url)
    except TimeoutError:
        return None


def links(said: Iterable[tuple[Channel, Saying]]) -> Iterable[str]:
    """The pages of which some channel would show a card."""
    for channel, saying in said:
        if _maker(channel, saying) not in (None, Maker.ADDRESS):
            for part in saying.parts:
                link = None if part.pictures else first_link(channel.adapter.segments(part.text))
                if link:
                    yield link.target


def first_link(segments: Iterable[Segment]) -> Segment | None:
    return next((one for one in segments if one.kind == "link"), None)


def _maker(channel: Channel, saying: Saying) -> Maker | None:
    return None if saying.options.get(HIDDEN) else MAKERS.get(channel.network)


def card(
    channel: Channel, saying: Saying, segments: list[Segment], place: int, cards: Cards | None
) -> Shown | None:
    """What stands under that part; `cards` is None where nobody can ask for more."""
    maker, link = _maker(channel, saying), first_link(segments)
    if maker is None or link is None:
        return None
    host = urlsplit(link.target).hostname or link.text
    named = sha256(link.target.encode()).hexdigest()[:12]
    key = "" if cards is None else f"card-{channel.id}-{place}-{named}"
    bare = Shown(link.text, "", host, key=key)
    if maker == Maker.ADDRESS:
        return replace(bare, words=f"{channel.network_name} shows the address alone.")
    if cards is None or link.target not in cards:
        return replace(bare, is_open=True)
    found = cards[link.target]
    words = _expect(channel.network_name, maker, found)
    shown = replace(bare, words=words, is_looked=True, is_open=True)
    return replace(shown, title=found.title, description=found.description) if found else shown


def _expect(network: str, maker: Maker, found: Card | None) -> str:
    if maker == Maker.NETWORK:
        its_own = f"{network} reads the page itself and may show it otherwise."
        return its_own if found else SILENT.format(f"{network} may show the bare link.")
    if found is None:
        return SILENT.format(f"it goes out to {network} as a bare link.")
    if maker == Maker.PICTURE and found.picture:
        return f"The page's picture goes to {network} with it."
    return f"Goes to {network} like this, without a picture."
