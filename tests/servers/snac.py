"""A real server that speaks Mastodon's language: snac, on loopback. It knows no idempotency keys and
no deleting, and hangs up without a word."""

import html
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import regex

from tests.servers import install
from tests.servers.owned import Owned
from tests.servers.ports import free_port

_numbers = count(1)


@dataclass(frozen=True)
class Person:
    name: str
    password: str


class Snac:
    """The server; `.url` is its base, the rest looks at what it holds."""

    def __init__(self, folder: Path) -> None:
        install.snac()
        port = free_port()
        self.folder, self.url = folder / "data", f"http://localhost:{port}"
        self._command("init", answers=["127.0.0.1", str(port), f"localhost:{port}", "", ""])
        settings = self.folder / "server.json"
        # What is not delivered in time is tried again minutes later, which no test waits for.
        ours = {"protocol": "http", "num_threads": 16, "queue_timeout": 60}
        settings.write_text(json.dumps(json.loads(settings.read_text()) | ours))
        self.owned = Owned()
        try:
            words = [str(install.snac_path()), "httpd", str(self.folder)]
            self.owned.start(words, folder / "server.log")
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _command(self, name: str, *more: str, answers: list[str]) -> str:
        words = [str(install.snac_path()), name, str(self.folder), *more]
        said = "".join(f"{answer}\n" for answer in answers)
        done = subprocess.run(words, input=said, capture_output=True, text=True, check=True)
        return done.stdout

    def _wait(self) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/api/v1/instance", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise RuntimeError("snac did not start")

    def make_account(self, name: str) -> Person:
        name = f"{name}{next(_numbers)}"
        said = self._command("adduser", name, answers=[name])
        found = regex.search(r"User password is (\S+)", said)
        assert found, said
        return Person(name, found[1])

    def say_yes(self, url: str, person: Person) -> str:
        """What the person's browser does at the address that they were sent to; where it is sent
        back to."""
        page = urllib.request.urlopen(url, timeout=10).read().decode()
        fields = regex.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
        form = {name: html.unescape(value) for name, value in fields}
        form |= {"login": person.name, "passwd": person.password}
        target = regex.search(r'action="([^"]+)"', page)
        assert target
        body = urllib.parse.urlencode(form).encode()
        answer = urllib.request.build_opener(Stay).open(target[1], body, timeout=10)
        return str(answer.headers["Location"])

    def notes(self, person: Person, text: str) -> list[dict[str, object]]:
        """What of theirs says this, as it lies on the disk."""
        found = [json.loads(path.read_text()) for path in self.folder.glob("object/*/*.json")]
        mine = f"{self.url}/{person.name}"
        return [
            note
            for note in found
            if note.get("attributedTo") == mine and note.get("sourceContent") == text
        ]

    def stop(self) -> None:
        self.owned.stop()


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def http_error_303(self, req: object, fp: object, *_: object) -> object:
        return fp

    http_error_302 = http_error_303
