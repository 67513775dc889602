"""A mock of a Mastodon server, made by others (mastodon-mock on PyPI): it keeps idempotency keys,
deletes, and answers 422 where Mastodon does, which no server that we can run for real does."""

import html
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import regex

from tests.servers import install
from tests.servers.owned import Owned
from tests.servers.ports import free_port
from tests.servers.snac import Stay


class MastodonMock:
    """The mock; `.url` is its base."""

    def __init__(self, folder: Path) -> None:
        install.mastodon_mock()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        words = [str(install.mastodon_mock_python()), "-m", "mastodon_mock", "serve", "--in-memory"]
        where = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        self.owned = Owned()
        try:
            self.owned.start([*words, *where], folder / "server.log", cwd=folder)
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        for _ in range(400):
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/instance", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise RuntimeError("the mock of Mastodon did not start")

    def say_yes(self, url: str) -> str:
        """Its page asks who one is, without a password; where the browser is sent back to."""
        page = urllib.request.urlopen(url, timeout=10).read().decode()
        fields = regex.findall(r'name="(\w+)" value="([^"]*)"', page)
        form = {name: html.unescape(value) for name, value in fields}
        body = urllib.parse.urlencode(form).encode()
        opener = urllib.request.build_opener(Stay)
        return str(opener.open(f"{self.url}/oauth/authorize", body, timeout=10).headers["Location"])

    def stop(self) -> None:
        self.owned.stop()
