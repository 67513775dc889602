"""Static files by URL: with a fingerprint for caches, with an integrity hash for scripts."""

import hashlib
import os
from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, g, request


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, integrity=integrity)


def asset(name: str) -> str:
    """The URL of a static file with a fingerprint of its content; looked up once per request."""
    known: dict[str, str] = g.setdefault("assets", {})
    if name not in known:
        fingerprint = _read(*_stand(name)).hex()[:12]
        known[name] = f"{request.script_root}{current_app.static_url_path}/{name}?v={fingerprint}"
    return known[name]


def integrity(name: str) -> str:
    """What a browser compares a script with before it runs it (Subresource Integrity)."""
    return f"sha384-{b64encode(_read(*_stand(name))).decode()}"


def _stand(name: str) -> tuple[str, float]:
    """Where the file lies, and when it was last changed."""
    path = f"{current_app.static_folder}/{name}"
    return path, os.stat(path).st_mtime


@lru_cache(maxsize=256)
def _read(path: str, changed: float) -> bytes:
    return hashlib.sha384(Path(path).read_bytes()).digest()
