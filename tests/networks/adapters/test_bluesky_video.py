"""A video on a real Bluesky server: uploaded in one stream, shown with its sides and its alt text."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from app import clock, http
from app.networks import Account, Grant, Parcel, Picture, Piece, Published, Refused, Video, network
from app.networks.stretches import LENGTH
from tests.media.clips import clip
from tests.servers.pds import Pds

DATABASES = ("sqlite",)
BLUESKY = network("bluesky")


@pytest.fixture(scope="module")
def opened(pds: Pds) -> tuple[Account, Grant]:
    person = pds.make_account("filming")
    answers = {"handle": person.handle, "app_password": person.app_password, "host": pds.url}
    offer = run(lambda web: BLUESKY.connect(web, answers))
    assert not isinstance(offer, Refused), offer
    return offer


def run(question: Callable[[http.Client], Awaitable[Any]]) -> Any:
    async def ask() -> Any:
        async with http.client(allow_private=True) as web:
            return await question(web)

    return asyncio.run(ask())


def video(raw: bytes, read: list[int], alt: str = "Waves at dusk") -> Video:
    def stretch(start: int, length: int) -> bytes:
        read.append(length)
        return raw[start : start + length]

    return Video(stretch, len(raw), "video/mp4", alt, 64, 48, 1.0)


def prepare(opened: tuple[Account, Grant], piece: Piece) -> Any:
    return run(lambda web: BLUESKY.prepare(web, *opened, piece, clock.now(), {}))


def test_a_video_stands_in_the_repository(pds: Pds, opened: tuple[Account, Grant]) -> None:
    raw, read = clip(), list[int]()
    record = prepare(opened, Piece("Look", video=video(raw, read)))
    now = clock.now()
    parcel = Parcel(BLUESKY.new_key(7, now), now, record)
    said = run(lambda web: BLUESKY.publish(web, *opened, parcel))
    assert isinstance(said, Published), said
    did = opened[0].account_id
    where = {"repo": did, "collection": "app.bsky.feed.post", "rkey": parcel.key}
    embed = pds.call("com.atproto.repo.getRecord", **where)["value"]["embed"]
    assert embed["$type"] == "app.bsky.embed.video"
    assert embed["alt"] == "Waves at dusk"
    assert embed["aspectRatio"] == {"width": 64, "height": 48}
    assert (embed["video"]["mimeType"], embed["video"]["size"]) == ("video/mp4", len(raw))
    cid = embed["video"]["ref"]["$link"]
    assert pds.call("com.atproto.sync.getBlob", did=did, cid=cid) == raw


def test_it_is_read_while_it_is_sent(opened: tuple[Account, Grant]) -> None:
    raw, read = clip() + bytes(3 * LENGTH), list[int]()
    assert isinstance(prepare(opened, Piece("Look", video=video(raw, read))), dict)
    assert read == [LENGTH] * 4


def test_one_that_the_server_finds_too_large_is_refused_in_words(
    opened: tuple[Account, Grant],
) -> None:
    said = prepare(opened, Piece("Look", video=video(bytes(6 * LENGTH), [])))
    assert said == Refused("The account's server takes no video of that size.", permanent=True)


def test_how_large_is_asked_of_the_server(opened: tuple[Account, Grant]) -> None:
    account, grant = opened
    facts = run(lambda web: BLUESKY.facts(web, account, grant))
    assert facts["video_bytes"] == 5 * 1024 * 1024
    told = BLUESKY.limits_of(replace(account, facts=facts))
    assert (told.video_bytes, told.video_seconds) == (5 * 1024 * 1024, 180)
    gone = replace(account, host="http://localhost:1")
    assert run(lambda web: BLUESKY.facts(web, gone, grant)) == {}


def test_pictures_beside_a_video_are_refused(opened: tuple[Account, Grant]) -> None:
    picture = Picture(b"x", "image/png", "", 1, 1)
    said = prepare(opened, Piece("Look", (picture,), video(b"x", [])))
    assert isinstance(said, Refused) and said.permanent
