"""A real WordPress on loopback: Debian's package on PHP's own web server, with a MariaDB of its own
that is reached by a unix socket only."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.servers import install
from tests.servers.owned import Owned
from tests.servers.ports import free_port

HERE = Path(__file__).parent
CODE = Path("/usr/share/wordpress")
BIG = ["-d", "upload_max_filesize=64M", "-d", "post_max_size=64M"]


class WordPress:
    """`.url` is the site; alice may publish with `.password`, bob with `.of_bob` may only read."""

    def __init__(self) -> None:
        install.wordpress()
        # A short folder: the path of a unix socket has 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="wp-"))
        self.url = f"http://localhost:{free_port()}"
        self.owned = Owned()
        self.env = os.environ | {
            "WP_SOCKET": str(self.folder / "db.sock"),
            "WP_ROOT": str(self.folder / "wp"),
            "PHP_CLI_SERVER_WORKERS": "4",
        }
        try:
            self._start_database()
            self.password, self.of_bob = self._set_up()
            self._serve()
        except BaseException:
            self.stop()
            raise

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the REST API as alice."""
        pair = base64.b64encode(f"alice:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        where = f"{self.url}/wp-json/wp/v2/{path}"
        asked = urllib.request.Request(where, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.load(answer)

    def posts(self, status: str = "publish") -> list[dict[str, Any]]:
        """What stands on the site, the newest first."""
        found: list[dict[str, Any]] = self.call(
            "GET", f"posts?status={status}&context=edit&per_page=100"
        )
        return found

    def run(self, code: str) -> str:
        """Run PHP inside the site; what it printed."""
        code = f"require '{self.folder}/wp/wp-load.php'; {code}"
        done = subprocess.run(
            ["php", "-r", code], env=self.env, check=True, capture_output=True, text=True
        )
        return done.stdout

    def stop(self) -> None:
        self.owned.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_database(self) -> None:
        db, quiet = self.folder / "db", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        made = ["mariadb-install-db", "--no-defaults", f"--datadir={db}", "--skip-test-db"]
        normal = "--auth-root-authentication-method=normal"
        user = [] if os.getuid() else ["--user=root"]
        subprocess.run([*made, normal, *user], check=True, **quiet)  # type: ignore[call-overload]
        socket = self.folder / "db.sock"
        where = [f"--datadir={db}", f"--socket={socket}", f"--pid-file={self.folder}/db.pid"]
        haste = ["--innodb-flush-log-at-trx-commit=0", "--skip-networking", "--skip-log-bin"]
        server = ["mariadbd", "--no-defaults", *user, *where, *haste]
        self.owned.start(server, self.folder / "db.log")
        ask = ["mariadb", "--no-defaults", "-uroot", "-S", str(socket), "-e"]
        make = "CREATE DATABASE IF NOT EXISTS wp CHARACTER SET utf8mb4"
        for _ in range(200):
            if subprocess.run([*ask, make], **quiet).returncode == 0:  # type: ignore[call-overload]
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "db.log").read_text())

    def _set_up(self) -> list[str]:
        root = self.folder / "wp"
        subprocess.run(["cp", "-rL", str(CODE), str(root)], check=True, stderr=subprocess.DEVNULL)
        shutil.copy(HERE / "wp-config.php", root / "wp-config.php")
        (root / "wp-content/uploads").mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            ["php", str(HERE / "set-up.php")], env=self.env, capture_output=True, text=True
        )
        said = [line.split(" ", 1)[1] for line in made.stdout.splitlines() if "-password " in line]
        if len(said) != 2:
            raise RuntimeError(made.stdout + made.stderr)
        return said

    def _serve(self) -> None:
        root, where = self.folder / "wp", self.url.removeprefix("http://localhost:")
        words = ["php", *BIG, "-S", f"127.0.0.1:{where}", "-t", str(root)]
        self.owned.start(words, self.folder / "php.log", self.env, root)
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{self.url}/wp-json/", timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "php.log").read_text())
