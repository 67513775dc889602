"""The books of the stand-in in one small JSON file, so that what was bought outlives the process."""

import json
from datetime import timedelta
from pathlib import Path

from tests.servers.stripe.books import Books

KEPT = (
    "customers",
    "prices",
    "subscriptions",
    "invoices",
    "sessions",
    "baskets",
    "portals",
    "cards",
)


def read(path: Path, books: Books) -> None:
    """Nothing when there is no such file yet."""
    if not path.exists():
        return
    found = json.loads(path.read_text())
    for name in KEPT:
        held = getattr(books, name)
        held.clear()
        held.update(found[name])
    books.ahead = timedelta(seconds=found["ahead"])


def write(path: Path, books: Books) -> None:
    """Whole or not at all."""
    held = {name: getattr(books, name) for name in KEPT}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(held | {"ahead": books.ahead.total_seconds()}))
    new.replace(path)
