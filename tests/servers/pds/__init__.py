"""A real Bluesky server (@atproto/pds) on loopback."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers import install
from tests.servers.ports import free_port

_numbers = count(1)


@dataclass(frozen=True)
class Person:
    handle: str
    did: str
    password: str
    app_password: str


class Pds:
    """The server; `.url` is its base, the rest looks at what it holds."""

    def __init__(self, folder: Path) -> None:
        install.install()
        port, plc_port = free_port(), free_port()
        self.url = f"http://localhost:{port}"
        self.directory = f"http://127.0.0.1:{plc_port}"
        env = os.environ | {
            "PDS_PORT": str(port),
            "PLC_PORT": str(plc_port),
            "DATA_DIR": str(folder),
            "MODULES": str(install.cache()),
        }
        with (folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(install.node()), str(Path(__file__).with_name("start.mjs"))],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout
        if b"ready" not in self.process.stdout.readline():
            raise RuntimeError((folder / "server.log").read_text())

    def call(self, name: str, body: Any = None, token: str = "", **params: str) -> Any:
        """One XRPC call; the answer as JSON, or bytes where it isn't."""
        url = f"{self.url}/xrpc/{name}"
        if params:
            url += "?" + urllib.parse.urlencode(params)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as r:
            raw = r.read()
        return json.loads(raw) if "json" in r.headers.get("Content-Type", "") else raw

    def make_account(self, name: str) -> Person:
        handle = f"{name}{next(_numbers)}-{os.getpid()}.test"
        password = "pds-password"
        made = self.call(
            "com.atproto.server.createAccount",
            {"handle": handle, "email": f"{handle[:-5]}@example.test", "password": password},
        )
        app = self.call("com.atproto.server.createAppPassword", {"name": "t"}, made["accessJwt"])
        return Person(handle, made["did"], password, app["password"])

    def records(self, did: str) -> list[dict[str, Any]]:
        """All posts of an account, oldest first."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.call(
                "com.atproto.repo.listRecords",
                repo=did,
                collection="app.bsky.feed.post",
                limit="100",
                reverse="true",
                **cursor,
            )
            found += page["records"]
            if not page["records"] or "cursor" not in page:
                return found
            cursor = {"cursor": page["cursor"]}

    def blob(self, did: str, cid: str) -> bytes:
        raw: bytes = self.call("com.atproto.sync.getBlob", did=did, cid=cid)
        return raw

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)
