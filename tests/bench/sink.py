"""A sink that speaks the sandbox network's API and notes when each post came."""

import asyncio
import threading
import time

from aiohttp import web

from tests.servers.ports import free_port


class Sink:
    def __init__(self, after: float = 0.0) -> None:
        """`after`: seconds until it answers."""
        self.after = after
        self.came: dict[str, float] = {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        app = web.Application()
        app.router.add_put("/sandbox/api/walls/{slug}/posts/{key}", self._take)
        self.runner = web.AppRunner(app, shutdown_timeout=1)
        self.loop.run_until_complete(self.runner.setup())
        self.loop.run_until_complete(web.TCPSite(self.runner, "127.0.0.1", self.port).start())
        self.ready.set()
        self.loop.run_forever()

    async def _take(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        self.came.setdefault(key, time.time())
        await request.read()
        await asyncio.sleep(self.after)
        return web.json_response({"id": key, "url": f"{self.url}/{key}", "created": True})

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
