"""Signature Version 4, as S3 and its likes ask for it (docs.aws.amazon.com: Signature Version 4 signing
process; Authenticating Requests: Using the Authorization Header)."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlsplit

NOTHING = sha256(b"").hexdigest()
ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(NamedTuple):
    """Who asks. `region` is part of what is signed."""

    access: str
    secret: str
    region: str


def query_of(asked: Mapping[str, str]) -> str:
    """In the order and spelling that is signed."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(asked.items()))


def sign(
    keys: Keys,
    method: str,
    url: str,
    now: datetime,
    body: str = NOTHING,
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """These headers with those that sign them. `url` with the query as `query_of` writes it; `body`
    is the SHA-256 of what is sent, in hex."""
    parts, stamp = urlsplit(url), f"{now:%Y%m%dT%H%M%SZ}"
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    sent |= {"host": parts.netloc, "x-amz-content-sha256": body, "x-amz-date": stamp}
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{sent[name].strip()}\n" for name in sorted(sent))
    asked = "\n".join((method, quote(parts.path, safe="/~"), parts.query, lines, names, body))
    scope = f"{stamp[:8]}/{keys.region}/s3/aws4_request"
    said = "\n".join((ALGORITHM, stamp, scope, sha256(asked.encode()).hexdigest()))
    signature = hmac.new(_key(keys, stamp[:8]), said.encode(), sha256).hexdigest()
    credential = f"Credential={keys.access}/{scope}"
    shown = f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    return sent | {"authorization": shown}


def _key(keys: Keys, day: str) -> bytes:
    key = f"AWS4{keys.secret}".encode()
    for word in (day, keys.region, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), sha256).digest()
    return key


def _escaped(text: str) -> str:
    return quote(text, safe="~")
