"""A real server of buckets that speaks S3: SeaweedFS, on loopback. It checks signatures."""

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
GRPC = 10_000  # each port has a second one that much further


class Seaweed:
    """The server with one empty bucket; `.url` is its base."""

    def __init__(self, folder: Path) -> None:
        install.seaweed()
        ports = [free_port() for _ in range(4)]
        self.url = f"http://127.0.0.1:{ports[3]}"
        who = {"credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "actions": ["Admin"]}
        (folder / "s3.json").write_text(json.dumps({"identities": [{"name": "tests"} | who]}))
        (folder / "data").mkdir()
        self.owned = Owned()
        try:
            self.owned.start(_words(folder, *ports), folder / "server.log", cwd=folder)
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        """Until it has made the bucket: it answers before it can."""
        url = f"{self.url}/{BUCKET}"
        for _ in range(1200):
            signed = sign(Keys(ACCESS, SECRET, "us-east-1"), "PUT", url, clock.of_machine())
            try:
                if urllib3.request("PUT", url, headers=signed, retries=False).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the server of buckets did not start")

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


def _words(folder: Path, master: int, volume: int, filer: int, s3: int) -> list[str]:
    here = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}"]
    ports = [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
    grpc = [f"-master.port.grpc={master + GRPC}", f"-volume.port.grpc={volume + GRPC}"]
    small = ["-master.volumeSizeLimitMB=64", "-volume.max=20"]
    s3_words = ["-s3", f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-filer"]
    return [str(install.seaweed_path()), "server", *here, *ports, *grpc, *small, *s3_words]
