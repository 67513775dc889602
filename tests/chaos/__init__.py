"""Fault runs: simulated days in which senders die, replies are lost and people change their minds.

Each shift of the publisher is a forked process that really dies (SIGKILL) and really stands still
(SIGSTOP), on a real database; time is simulated, and a run follows from its seed."""

from pathlib import Path

from flask import Flask

from app import create_app
from tests.servers.postgres import create_tables


def application(folder: Path, url: str) -> Flask:
    """The application on an empty database."""
    app = create_app(
        app_env="test",
        secret_key="only-for-chaos-" + "x" * 32,
        encryption_keys="YWxsc3RhYy1vbmx5LWZvci10ZXN0cy0wMTIzNDU2Nzg=",
        database_url=url,
        redis_url="redis://127.0.0.1:1/0",
        storage_url=f"file://{folder}/media",
        publish_settle_seconds=60,
        publish_lease_seconds=90,
        pages_per_minute=0,
    )
    create_tables(url)
    return app
