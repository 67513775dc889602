"""Static files by URL: with a fingerprint for caches, with an integrity hash for scripts."""

import hashlib
from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, g, url_for


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, integrity=integrity)


def asset(name: str) -> str:
    """The URL of a static file with a fingerprint of its content; looked up once per request."""
    known: dict[str, str] = g.setdefault("assets", {})
    if name not in known:
        known[name] = url_for("static", filename=name, v=_digest(name).hex()[:12])
    return known[name]


def integrity(name: str) -> str:
    """What a browser compares a script with before it runs it (Subresource Integrity)."""
    return f"sha384-{b64encode(_digest(name)).decode()}"


def _digest(name: str) -> bytes:
    path = Path(current_app.static_folder or "") / name
    return _read(path, path.stat().st_mtime)


@lru_cache(maxsize=256)
def _read(path: Path, changed: float) -> bytes:
    return hashlib.sha384(path.read_bytes()).digest()
