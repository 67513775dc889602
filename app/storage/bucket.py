"""An S3 bucket, or one of a server that speaks the same language (docs.aws.amazon.com/AmazonS3 API
reference: PutObject, GetObject, HeadObject, CopyObject, ListObjectsV2, DeleteObject).

The operator names the server, as with database and queue, so it may be one that the outside can't
reach; nothing that a person typed becomes an address here."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any
from xml.etree import ElementTree

import urllib3

from app import clock
from app.storage.disk import PIECE
from app.storage.signing import NOTHING, Keys, query_of, sign
from app.storage_settings import BucketAddress

CONNECT, READ = 5.0, 60.0  # seconds
WAIT = urllib3.Timeout(connect=CONNECT, read=READ)
# Each of our requests may be made twice: the key says what becomes of it.
AGAIN = urllib3.Retry(
    total=3,
    redirect=0,
    backoff_factor=0.2,
    status_forcelist=(500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=False,
)
KEY = re.compile(r"[a-z_]+(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class Away(OSError):
    """The bucket did not do it; the text is for the operator and holds no key."""


class Bucket:
    def __init__(self, at: BucketAddress) -> None:
        self.at = at
        self.keys = Keys(at.access_key, at.secret_key, at.region)
        self._pools: dict[int, urllib3.PoolManager] = {}

    def __str__(self) -> str:
        return f"bucket {self.at.bucket} at {self.at.endpoint}"

    def put(self, key: str, pieces: Iterable[bytes]) -> None:
        """Written to a file of ours first: its hash is signed, so that a broken one is refused there."""
        digest = sha256()
        with TemporaryFile() as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            size = file.tell()
            file.seek(0)
            sent = {"content-length": str(size), "content-type": "application/octet-stream"}
            _check(self._ask("PUT", key, sent, body=file, digest=digest.hexdigest()))

    def pieces(self, key: str, start: int, length: int) -> Iterator[bytes]:
        if length <= 0:
            return
        stretch = {"range": f"bytes={start}-{start + length - 1}"}
        answer = self._ask("GET", key, stretch, preload_content=False)
        try:
            if answer.status == 416:  # it begins behind the end
                return
            _check(answer)
            yield from answer.stream(PIECE, decode_content=False)
        except urllib3.exceptions.HTTPError as trouble:
            raise Away(f"The bucket hung up: {type(trouble).__name__}.") from None
        finally:
            answer.close()

    def size(self, key: str) -> int:
        return int(_check(self._ask("HEAD", key)).headers["Content-Length"])

    def use(self, key: str, now: datetime) -> bool:
        """It is copied onto itself, which is the one way to a new date; the server's clock counts."""
        onto = {
            "x-amz-copy-source": f"/{self.at.bucket}/{key}",
            "x-amz-metadata-directive": "REPLACE",
        }
        try:
            _check(self._ask("PUT", key, onto))
        except FileNotFoundError:
            return False
        return True

    def open(self, key: str) -> IO[bytes]:
        file = TemporaryFile()  # noqa: SIM115  # the caller closes it
        try:
            file.writelines(self.pieces(key, 0, self.size(key)))
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def below(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        asked, more = {"list-type": "2", "prefix": f"{prefix}/"}, ""
        while True:
            answer = _check(self._ask("GET", "", query=asked | more_of(more)))
            page = ElementTree.fromstring(answer.data)  # noqa: S314  # the operator's own server
            for one in page.iterfind("{*}Contents"):
                when = one.findtext("{*}LastModified", "")
                yield one.findtext("{*}Key", ""), datetime.fromisoformat(when)
            more = page.findtext("{*}NextContinuationToken", "")
            if page.findtext("{*}IsTruncated") != "true":
                return

    def remove(self, key: str) -> None:
        answer = self._ask("DELETE", key)
        if answer.status != 404:
            _check(answer)

    def _ask(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        digest: str = NOTHING,
        **how: Any,
    ) -> urllib3.BaseHTTPResponse:
        if key and not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key")
        url = f"{self.at.endpoint}/{self.at.bucket}/{key}"
        if query:
            url = f"{url}?{query_of(query)}"
        signed = sign(self.keys, method, url, clock.of_machine(), digest, headers)
        try:
            return self._pool().request(method, url, headers=signed, redirect=False, **how)
        except urllib3.exceptions.HTTPError as trouble:
            raise Away(f"The bucket can't be reached: {type(trouble).__name__}.") from None

    def _pool(self) -> urllib3.PoolManager:
        """One for each process: a line is no line of two, also after a fork."""
        return self._pools.setdefault(
            os.getpid(), urllib3.PoolManager(retries=AGAIN, timeout=WAIT, maxsize=8)
        )


def more_of(token: str) -> dict[str, str]:
    return {"continuation-token": token} if token else {}


def _check(answer: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
    """Raises FileNotFoundError and Away. A copy may be refused with a status that says it is done."""
    if answer.status == 404:
        raise FileNotFoundError("The file is not in the bucket.")
    if answer.status >= 300:
        raise Away(f"The bucket answered {answer.status}.")
    return answer
