"""A real Nostr relay (PyPI `nostr-relay`) on loopback, in an environment of its own: it pins other
versions of what we use."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.servers.install import cache
from tests.servers.ports import free_port

VERSION = "1.14"
SETTINGS = """\
DEBUG: false
relay_name: tests
storage:
  sqlalchemy.url: sqlite+aiosqlite:///{folder}/nostr.sqlite3
  num_concurrent_reqs: 10
  num_concurrent_adds: 2
  validators:
    - nostr_relay.validators.is_not_too_large
    - nostr_relay.validators.is_signed
    - nostr_relay.validators.is_recent
gunicorn: {{bind: "127.0.0.1:{port}", workers: 1, loglevel: warning, reload: false}}
oldest_event: 31536000
"""


def place() -> Path:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return cache().parent / f"nostr-relay-{VERSION}-py{python}"


def install() -> None:
    """Once, beside the target and moved there when all is well: scripts of an environment name
    their folder, so it is started as a module."""
    if (place() / "pyvenv.cfg").exists():
        return
    print("Installing the Nostr relay for tests, once (half a minute)…", flush=True)
    place().parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=place().parent))
    try:
        subprocess.run([sys.executable, "-m", "venv", str(made)], check=True)
        pip = [str(made / "bin/python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, f"nostr-relay=={VERSION}"], check=True)
        made.rename(place())
    except OSError:
        if not (place() / "pyvenv.cfg").exists():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


class Relay:
    """The server; `.url` is where it talks."""

    def __init__(self, folder: Path) -> None:
        install()
        port = free_port()
        self.url = f"ws://127.0.0.1:{port}"
        settings = folder / "relay.yaml"
        settings.write_text(SETTINGS.format(folder=folder, port=port))
        run = "from nostr_relay.cli import main; main()"
        command = [str(place() / "bin/python"), "-c", run, "-c", str(settings), "serve"]
        with (folder / "relay.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=log,
                stderr=log,
                env=os.environ | {"HOME": str(folder)},
                start_new_session=True,
            )
        self._wait(f"http://127.0.0.1:{port}/", folder / "relay.log")

    def _wait(self, url: str, log: Path) -> None:
        ask = urllib.request.Request(url, headers={"Accept": "application/nostr+json"})
        for _ in range(150):
            try:
                urllib.request.urlopen(ask, timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(log.read_text())

    def stop(self) -> None:
        """At once, with its workers: there is nothing to keep."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
