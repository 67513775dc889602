"""A person who goes to a network, says yes and comes back (Way.AWAY)."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app import http
from app.networks import App, Away, Door
from tests.networks.contract import Case
from tests.servers.doubles.keys import CLIENT

BACK = Door("https://allstac.example/back", "the-state", App(*CLIENT))


def connect(case: Case, answers: dict[str, str] | None = None, **other: str) -> Any:
    """The whole way; `other` puts something else in the place of what was kept."""

    async def go() -> Any:
        async with http.client(allow_private=True) as web:
            away = await case.network.begin(web, answers or {}, BACK)
            assert isinstance(away, Away), away
            page = await web.send("GET", away.url)
            assert page.status == 302, page.body
            said = dict(parse_qsl(urlsplit(page.headers["Location"]).query))
            assert said.pop("state") == BACK.state
            return await case.network.finish(web, BACK, away.kept | other, said)

    return asyncio.run(go())
