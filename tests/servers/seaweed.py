"""A real server of buckets that speaks S3: SeaweedFS, on loopback. It checks signatures."""

import hashlib
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import urllib3

from app import clock
from app.storage.signing import Keys, sign
from tests.servers import install
from tests.servers.owned import Owned
from tests.servers.ports import free_port

ACCESS, SECRET, BUCKET = "tests-access", "only-for-tests", "files"
PARTS = ("master", "volume", "filer", "s3")
UNUSED = ("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false")


class Seaweed:
    """The server with one empty bucket; `.url` is its base."""

    def __init__(self, folder: Path) -> None:
        install.seaweed()
        ports = {f"{part}.port{kind}": free_port() for part in PARTS for kind in ("", ".grpc")}
        self.url = f"http://127.0.0.1:{ports['s3.port']}"
        self.log = folder / "server.log"
        who = {"credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "actions": ["Admin"]}
        (folder / "s3.json").write_text(json.dumps({"identities": [{"name": "tests"} | who]}))
        (folder / "data").mkdir()
        self.owned = Owned()
        try:
            self.owned.start(_words(folder, ports), self.log, cwd=folder)
            self._wait_for(BUCKET, b"")
            self._wait_for(f"{BUCKET}/first", bytes(2**16))
        except BaseException:
            self.stop()
            raise

    def _wait_for(self, path: str, body: bytes) -> None:
        """Until it takes that: it answers before it can make a bucket, and has a bucket before it
        has room for a file."""
        for _ in range(1200):
            try:
                if self._put(f"{self.url}/{path}", body) == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            if self.owned.children[0].poll() is not None:
                break
            time.sleep(0.05)
        said = self.log.read_text(errors="replace").splitlines()
        worst = [line for line in said if line.startswith(("F", "E"))] or said
        raise RuntimeError("The server of buckets did not start:\n" + "\n".join(worst[-20:]))

    def _put(self, url: str, body: bytes) -> int:
        digest, keys = hashlib.sha256(body).hexdigest(), Keys(ACCESS, SECRET, "us-east-1")
        signed = sign(keys, "PUT", url, clock.of_machine(), digest)
        return urllib3.request(
            "PUT", url, body=body, headers=signed, retries=False, timeout=3
        ).status

    def status_without_keys(self, key: str) -> int:
        """What somebody is told who asks for a file without a signature."""
        try:
            return int(urllib.request.urlopen(f"{self.url}/{BUCKET}/{key}", timeout=5).status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def stop(self) -> None:
        """At once: when asked kindly it waits for a quarter of a minute."""
        for child in self.owned.children:
            child.kill()
        self.owned.stop()


def _words(folder: Path, ports: dict[str, int]) -> list[str]:
    """Every port is named or switched off: it ends when somebody else has one that it wants."""
    here = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}"]
    small = ["-master.volumeSizeLimitMB=64", "-volume.max=20"]
    s3 = ["-filer", "-s3", f"-s3.config={folder / 's3.json'}", *UNUSED]
    listens = [f"-{name}={port}" for name, port in ports.items()]
    return [str(install.seaweed_path()), "server", *here, *listens, *small, *s3]
