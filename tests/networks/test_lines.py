"""Lines that are used again: some servers answer, say nothing of it, and hang up."""

import asyncio
import time

import pytest

from app import clock, http

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One answer for each line; whatever comes after it is not heard."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    await asyncio.sleep(0.005)
    writer.close()


async def lost(once: bool) -> int:
    """How many of ten posts, each sent right after a question, never arrive."""
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    count = 0
    async with server, http.client(allow_private=True) as web:
        for _ in range(10):
            await web.send("GET", url, once=once)
            try:
                await web.send("POST", url, once=once)
            except http.NoAnswer:
                count += 1
    return count


@pytest.mark.parametrize(("once", "expected"), [(True, 0), (False, 10)])
def test_a_line_that_is_used_once_is_never_a_dead_one(once: bool, expected: int) -> None:
    assert asyncio.run(lost(once)) == expected


@pytest.mark.parametrize("has_stood", [False, True])
def test_who_stood_still_while_the_line_was_made_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, has_stood: bool
) -> None:
    heard: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async def post() -> None:
        server = await asyncio.start_server(take, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server, http.client(allow_private=True) as web:
            await web.leaving_by(time.monotonic() + 30).send("POST", url, json={})

    stood = 60.0 if has_stood else 0.0
    monkeypatch.setattr(clock, "stopwatch", lambda: time.monotonic() + stood)
    if has_stood:
        with pytest.raises(http.NotSent):
            asyncio.run(post())
    else:
        asyncio.run(post())
    assert len([one for one in heard if one]) == (not has_stood)
