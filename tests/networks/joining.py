"""Connecting an account as the application and the person's browser do it together."""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from app import http
from app.networks import Away, Door, Network, Offer

DOOR = Door("https://allstac.test/channels/back", "st4te", base_url="https://allstac.test")


def join(network: Network, host: str, say_yes: Callable[[str], str]) -> Offer:
    """`say_yes` is what the browser does at the address that it is sent to: it answers where it is
    sent back to."""

    async def run() -> Offer:
        async with http.client(allow_private=True) as web:
            away = await network.begin(web, {"host": host}, DOOR)
        assert isinstance(away, Away), away
        back = parse_qs(urlsplit(await asyncio.to_thread(say_yes, away.url)).query)
        assert back["state"] == [DOOR.state]
        said = {name: values[0] for name, values in back.items()}
        async with http.client(allow_private=True) as web:
            offers = await network.finish(web, DOOR, away.kept, said)
        assert isinstance(offers, tuple), offers
        return offers[0]

    return asyncio.run(run())
